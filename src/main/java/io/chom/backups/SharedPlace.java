package io.chom.backups;

import io.chom.operations.OperationRefused;
import io.chom.servers.QuestionRefused;
import io.chom.sites.ChangePlan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A place that an operator shares, to whoever may know its name and kind alone. What a server says of work there names the
 * host and the path: that is put into words of ours here, for every way by which it could reach a tenant.
 *
 * @param name as it is offered
 * @param words what says where it is, in lower case
 */
record SharedPlace(TargetId target, String name, Set<String> words) {
  /** What the site, its server or the panel itself is the matter of; with any other code restic or ssh may be speaking. */
  private static final Set<String> NOT_OF_THE_PLACE = Set.of("AGENT_ANSWER_INCOMPLETE", "SERVER_DECOMMISSIONED",
      "NOT_REPEATED", "OUTCOME_UNKNOWN", "BACKUP_INCOMPLETE", "NO_ROOM", "NOT_KEPT", "BUSY", "SERVICE_MISSING",
      "SITE_NOT_FOUND", "DATABASE_NOT_FOUND", "DATABASE_EXISTS", "IN_THE_WAY", "DOWNLOAD_NOT_FOUND");

  SharedPlace {
    words = Set.copyOf(words);
  }

  /** @param location as the agent names it, such as {@code s3:https://host/bucket} */
  static SharedPlace of(TargetId target, String name, String location, List<String> addresses) {
    var words = new HashSet<String>();
    addresses.forEach(address -> words.add(lower(address)));
    int begun = location.indexOf("://");
    if (begun < 0) {
      words.add(lower(location.substring(location.indexOf(':') + 1)));
    } else {
      var rest = location.substring(begun + 3);
      int slash = rest.indexOf('/') < 0 ? rest.length() : rest.indexOf('/');
      var host = rest.substring(rest.substring(0, slash).lastIndexOf('@') + 1, slash);
      words.add(lower(host.replaceFirst("(?<=[^:]):\\d+$", "").replaceAll("[\\[\\]]", "")));
      if (rest.indexOf('/', slash + 1) > 0) {
        // one directory alone may have the name of a directory of the site
        words.add(lower(rest.substring(slash)));
      }
    }
    return new SharedPlace(target, name, words);
  }

  private static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  /** Whether a text says where it is. */
  boolean named(String text) {
    var low = lower(text);
    return words.stream().anyMatch(low::contains);
  }

  /** The text, or the name of the place instead of one that says where it is. */
  String veiled(String text) {
    return named(text) ? "'" + name + "'" : text;
  }

  OperationRefused veiled(OperationRefused refused) {
    var said = String.valueOf(refused.getMessage());
    return tells(refused.code(), said)
        // without its cause: that has the same words
        ? new OperationRefused(refused.code(), sentence(refused.code()), refused.retryable(), null)
        : refused;
  }

  QuestionRefused veiled(QuestionRefused refused) {
    return tells(refused.code(), String.valueOf(refused.getMessage()))
        ? new QuestionRefused(refused.code(), sentence(refused.code()))
        : refused;
  }

  /** Whether words with that code are for whoever shares it. */
  boolean tells(String code, String said) {
    return !NOT_OF_THE_PLACE.contains(code) || named(said);
  }

  ChangePlan veiled(ChangePlan plan) {
    return new ChangePlan(plan.steps().stream()
        .map(step -> new ChangePlan.Step(veiled(step.step()), veiled(step.target()), step.change(),
            step.diff().stream().map(this::veiled).toList()))
        .toList(), plan.services());
  }

  /** An answer of the agent: of damage it tells in the words of restic. */
  Map<String, Object> veiled(Map<String, Object> answer) {
    var all = new HashMap<>(answer);
    all.replaceAll((key, value) -> veiledValue(value));
    return all;
  }

  private Object veiledValue(Object value) {
    if (value instanceof String text) {
      return veiled(text);
    }
    if (value instanceof List<?> list) {
      var all = new ArrayList<Object>(list);
      all.replaceAll(this::veiledValue);
      return all;
    }
    if (value instanceof Map<?, ?> map) {
      var all = new HashMap<Object, Object>(map);
      all.replaceAll((key, one) -> veiledValue(one));
      if ("REPOSITORY_DAMAGED".equals(all.get("code"))) {
        all.put("what", "'" + name + "'");
      }
      return all;
    }
    return value;
  }

  private String sentence(String code) {
    return switch (code) {
      case "REPOSITORY_UNREACHABLE" -> "The place '" + name + "' did not answer.";
      case "REPOSITORY_MISSING" -> "The repository of this site in the place '" + name + "' is not there any more.";
      case "REPOSITORY_KEY_WRONG" -> "The key of this site does not open its repository in the place '" + name + "'.";
      case "REPOSITORY_LOCKED" ->
        "Somebody else's lock lies on the repository of this site in the place '" + name + "'.";
      case "REPOSITORY_DAMAGED" -> "The repository of this site in the place '" + name + "' is damaged.";
      case "BACKUP_NOT_FOUND" -> "The place '" + name + "' does not hold that any more.";
      case "NO_ROOM" -> "The place '" + name + "' has not enough room.";
      default -> "The work with the place '" + name + "' failed (" + code + ").";
    } + " Whoever runs the panel sees why.";
  }
}
