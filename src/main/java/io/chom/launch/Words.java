package io.chom.launch;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What follows a word of the command line: {@code --name=value} and {@code --name}. */
final class Words {
  private final Map<String, String> options;

  private Words(Map<String, String> options) {
    this.options = options;
  }

  /** A mistake in what was typed: the sentence says which. */
  static final class Mistake extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Mistake(String sentence) {
      super(sentence);
    }
  }

  /**
   * Reads them.
   *
   * @param valued the options that need a value
   * @param bare those that have none
   */
  static Words read(List<String> typed, List<String> valued, List<String> bare) {
    var options = new HashMap<String, String>();
    for (String word : typed) {
      if (!word.startsWith("--")) {
        throw new Mistake("\"" + word + "\" is not understood here: options begin with --");
      }
      int sign = word.indexOf('=');
      String name = word.substring(2, sign < 0 ? word.length() : sign);
      if (!valued.contains(name) && !bare.contains(name)) {
        throw new Mistake("there is no option --" + name + ": " + known(valued, bare));
      }
      if (valued.contains(name) && sign < 0 || sign == word.length() - 1) {
        throw new Mistake("--" + name + " needs a value: --" + name + "=…");
      }
      if (bare.contains(name) && sign >= 0) {
        throw new Mistake("--" + name + " has no value");
      }
      if (options.put(name, word.substring(sign + 1)) != null) {
        throw new Mistake("--" + name + " is there twice");
      }
    }
    return new Words(options);
  }

  private static String known(List<String> valued, List<String> bare) {
    var all = new ArrayList<String>();
    valued.forEach(name -> all.add("--" + name + "=…"));
    bare.forEach(name -> all.add("--" + name));
    return "use " + String.join(", ", all);
  }

  Optional<String> get(String name) {
    return Optional.ofNullable(options.get(name));
  }

  boolean has(String name) {
    return options.containsKey(name);
  }
}
