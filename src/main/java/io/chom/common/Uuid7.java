package io.chom.common;

import java.security.SecureRandom;
import java.util.UUID;

/**
 * Ids that sort by the time they were made: UUID version 7 (RFC 9562 section 5.7), strictly growing within this
 * process by a counter in the random part (section 6.2, method 2).
 */
public final class Uuid7 {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static long lastMillis;
  /** 74 bits would be allowed; 62 are enough for the counter and keep it in one long. */
  private static long lastRandom;
  private static int lastRandA;

  private Uuid7() {}

  /** The next id; greater than every one this process made before. */
  public static synchronized UUID next() {
    long now = System.currentTimeMillis();
    if (now > lastMillis) {
      lastMillis = now;
      lastRandA = RANDOM.nextInt(1 << 11);
      lastRandom = RANDOM.nextLong() >>> 2;
    } else {
      // same millisecond, or the clock went back: count on from the last id
      lastRandom += 1 + RANDOM.nextInt(1 << 16);
      if (lastRandom < 0 || lastRandom >>> 62 != 0) {
        lastRandom = RANDOM.nextLong() >>> 3;
        lastRandA++;
      }
      if (lastRandA >= 1 << 12) {
        lastMillis++;
        lastRandA = 0;
      }
    }
    long high = lastMillis << 16 | 0x7000L | lastRandA;
    return new UUID(high, 0x8000000000000000L | lastRandom);
  }
}
