package io.chom.sites;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;

/** When a certificate is renewed, and when a renewal that failed is tried again. */
final class RenewalTimes {
  private static final Duration AHEAD = Duration.ofDays(30);
  private static final Duration FIRST_PAUSE = Duration.ofMinutes(15);
  private static final Duration LONGEST_PAUSE = Duration.ofHours(24);
  /** Whoever said that it was too much is not asked again soon. */
  private static final Duration RATE_LIMITED = Duration.ofHours(6);

  private RenewalTimes() {}

  /** 30 days before its end, at a third of its life for short ones; up to a day sooner, so that not all come at once. */
  static Instant of(IssuedCertificate certificate) {
    var life = Duration.between(certificate.notBefore(), certificate.notAfter());
    var ahead = AHEAD.compareTo(life.dividedBy(3)) < 0 ? AHEAD : life.dividedBy(3);
    return certificate.notAfter().minus(ahead).minus(part(ahead.dividedBy(30)));
  }

  /** Doubles from a quarter of an hour to a day, up to a half longer. */
  static Instant after(int failures, String code, Instant now) {
    var pause = FIRST_PAUSE.multipliedBy(1L << Math.min(10, Math.max(0, failures - 1)));
    pause = pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
    if (code.equals("ACME_RATE_LIMITED") && pause.compareTo(RATE_LIMITED) < 0) {
      pause = RATE_LIMITED;
    }
    return now.plus(pause).plus(part(pause.dividedBy(2)));
  }

  private static Duration part(Duration most) {
    return Duration.ofMillis((long) (most.toMillis() * ThreadLocalRandom.current().nextDouble()));
  }
}
