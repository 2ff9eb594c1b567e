package io.chom.notifications;

import java.util.Locale;

/** How people are told. */
public enum ChannelKind {
  EMAIL,
  /** A program's address, which is called with a signed body. */
  WEBHOOK,
  /** An address that takes messages as Slack's incoming webhooks do. */
  SLACK;

  /** As programs write it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
