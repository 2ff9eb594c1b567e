package io.chom.promql;

import java.time.Duration;
import java.time.Instant;

/**
 * A time to ask about: from one moment to another in steps, or one moment, which is a window of one point.
 *
 * @param step between two points; whole seconds
 */
public record Window(Instant from, Instant to, Duration step) {
  public Window {
    if (step.getNano() != 0 || !step.isPositive()) {
      throw new IllegalArgumentException("A step is a number of whole seconds, at least one");
    }
    if (to.isBefore(from)) {
      throw new IllegalArgumentException("A window cannot end before it begins");
    }
  }

  /** One moment. */
  public static Window at(Instant moment) {
    return new Window(moment, moment, Duration.ofSeconds(1));
  }

  /**
   * The last so long before now, its ends on whole steps: who asks twice within a step asks the same, which a cache
   * knows again, and curves do not tremble while they are looked at.
   */
  public static Window last(Duration length, Duration step, Instant now) {
    return new Window(now.minus(length), now, step).aligned();
  }

  /** The same with its ends on whole steps, not later than they were. */
  public Window aligned() {
    return new Window(aligned(from), aligned(to), step);
  }

  private Instant aligned(Instant moment) {
    long seconds = step.toSeconds();
    return Instant.ofEpochSecond(Math.floorDiv(moment.getEpochSecond(), seconds) * seconds);
  }

  /** How many points a curve over all of it has. */
  public long points() {
    return Duration.between(from, to).toSeconds() / step.toSeconds() + 1;
  }

  boolean moment() {
    return from.equals(to);
  }
}
