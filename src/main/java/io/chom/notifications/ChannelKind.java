package io.chom.notifications;

import java.util.Locale;
import java.util.stream.Stream;

/** How people are told. */
public enum ChannelKind {
  EMAIL,
  /** A program's address, which is called with a signed body. */
  WEBHOOK,
  /** An address that takes messages as Slack's incoming webhooks do. */
  SLACK;

  /** @throws ChannelRefused there is none of that name */
  public static ChannelKind of(String word) {
    return Stream.of(values()).filter(kind -> kind.word().equals(word)).findFirst()
        .orElseThrow(() -> new ChannelRefused(ChannelRefused.Reason.KIND_UNKNOWN, "kind"));
  }

  /** As programs write it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
