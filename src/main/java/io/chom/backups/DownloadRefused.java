package io.chom.backups;

import io.chom.common.RequestRefused;
import java.time.Duration;

/** A backup cannot be downloaded as it was asked, or not now. */
public class DownloadRefused extends RequestRefused {
  /** Why, with a sentence that says what to do. */
  public enum Reason {
    /** In an hour. */
    TOO_MANY_LINKS("Many links were made within an hour; use one of them, or make one later"),
    /** Of one tenant. */
    TOO_MANY_AT_ONCE("As many downloads as may are under way; wait until one of them has ended"),
    /** Not one below the home. */
    PATH_INVALID("Name one file or directory relative to the site's home, without . and .. in it");

    private final String advice;

    Reason(String advice) {
      this.advice = advice;
    }
  }

  private final Reason reason;

  public DownloadRefused(Reason reason, String field) {
    super("download", reason, reason.advice, field);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }

  /** Whether the same may be asked later, and when; zero where never. */
  public Duration again() {
    return switch (reason) {
      case TOO_MANY_LINKS -> Duration.ofMinutes(10);
      case TOO_MANY_AT_ONCE -> Duration.ofSeconds(30);
      case PATH_INVALID -> Duration.ZERO;
    };
  }
}
