package io.chom.launch;

import java.time.Duration;

/** A short wait between two looks at something that takes its time. */
final class Pause {
  private Pause() {}

  static void of(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartRefused("The start was interrupted", e);
    }
  }
}
