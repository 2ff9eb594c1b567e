package io.chom.web.backups;

import io.chom.backups.TargetId;
import io.chom.backups.TargetKind;
import io.chom.backups.TargetNotFound;
import io.chom.backups.Targets;
import io.chom.web.support.Choice;
import io.chom.web.support.Words;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Lets people choose where backups go. */
public final class TargetChoices {
  private TargetChoices() {}

  /**
   * What can be chosen, the usual one first; empty where there is nothing to choose.
   *
   * @param chosen what was chosen; empty for the usual one
   */
  public static List<Choice> of(List<Targets.Option> options, @Nullable String chosen, Words words) {
    if (options.stream().allMatch(one -> one.kind() == TargetKind.LOCAL)) {
      return List.of();
    }
    var usual = options.stream().filter(Targets.Option::isDefault).findFirst().map(one -> name(one, words))
        .orElseGet(() -> words.say("target.local"));
    return Stream.concat(Stream.of(new Choice("", words.say("target.usual", usual), false)),
        options.stream().map(one -> new Choice(one.id().toString(), name(one, words),
            one.id().toString().equals(chosen))))
        .toList();
  }

  private static String name(Targets.Option one, Words words) {
    return name(one.name(), one.kind(), words);
  }

  /** The directory on each server, which the panel made, is called as readers call it. */
  public static String name(String name, TargetKind kind, Words words) {
    return kind == TargetKind.LOCAL && name.equals("local") ? words.say("target.local") : name;
  }

  /** @throws TargetNotFound what was sent is no target's id */
  public static @Nullable TargetId chosen(@Nullable String sent) {
    if (sent == null || sent.isBlank()) {
      return null;
    }
    try {
      return new TargetId(UUID.fromString(sent.strip()));
    } catch (IllegalArgumentException _) {
      throw new TargetNotFound(new TargetId(new UUID(0, 0)));
    }
  }
}
