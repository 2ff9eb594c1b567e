package io.chom.recovery;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How it stands with the panel's copies of itself, as the database tells.
 *
 * @param now the database's time
 * @param lastGood when the newest one that is whole was begun, whoever asked for it
 * @param lastMade when the clock's newest one that is whole was begun
 * @param lastTry when the clock last began one
 * @param failure why that one failed, if it did
 */
record BackupStanding(Instant now, @Nullable Instant lastGood, @Nullable Instant lastMade, @Nullable Instant lastTry,
    @Nullable String failure) {
  /** How much later than it should have been one may be before somebody is told. */
  private static final Duration GRACE = Duration.ofHours(1);
  /** After a failure the next try comes this much later, or sooner where they are made more often. */
  private static final Duration PAUSE = Duration.ofMinutes(15);

  static final String QUESTION = """
      select now(), (select max(started_at) from panel_backup where status = 'COMPLETED'),
             (select max(started_at) from panel_backup where status = 'COMPLETED' and started_by = 'clock'),
             last.started_at, last.failure
      from (select 1) one left join lateral
        (select started_at, failure from panel_backup where started_by = 'clock' order by started_at desc limit 1) last on true
      """;

  boolean due(Duration every) {
    return older(lastMade, every) && (failure == null || older(lastTry, PAUSE));
  }

  /** @param since when this panel began to look: a copy that was due before is not missed yet */
  boolean missed(Duration every, Instant since) {
    return older(lastMade, every.plus(GRACE)) && older(since, GRACE);
  }

  private boolean older(@Nullable Instant time, Duration age) {
    return time == null || !time.plus(age).isAfter(now);
  }
}
