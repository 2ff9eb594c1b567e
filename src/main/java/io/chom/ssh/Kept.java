package io.chom.ssh;

import java.io.ByteArrayOutputStream;

/** The first bytes of an output, as many as the limit allows. */
final class Kept {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
  private int limit;
  private boolean truncated;

  Kept(int limit) {
    this.limit = limit;
  }

  synchronized void limit(int most) {
    limit = most;
  }

  synchronized void add(byte[] source, int from, int length) {
    var fits = Math.min(length, limit - bytes.size());
    bytes.write(source, from, Math.max(0, fits));
    truncated |= fits < length;
  }

  synchronized byte[] bytes() {
    return bytes.toByteArray();
  }

  synchronized boolean truncated() {
    return truncated;
  }
}
