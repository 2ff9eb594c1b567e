package io.chom.launch;

import java.util.List;

/** The panel cannot start as it is set up. Its message is for the person at the keyboard: what is wrong, what to do. */
final class StartRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  StartRefused(String whatAndWhatToDo) {
    super(whatAndWhatToDo);
  }

  StartRefused(String whatAndWhatToDo, Throwable cause) {
    super(whatAndWhatToDo, cause);
  }

  static StartRefused because(List<String> problems) {
    return new StartRefused(String.join(System.lineSeparator(), problems));
  }
}
