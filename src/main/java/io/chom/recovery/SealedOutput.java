package io.chom.recovery;

import java.io.IOException;
import java.io.OutputStream;
import javax.crypto.SecretKey;

/** Seals what is written, a piece at a time. Only {@link #finish} makes it whole: a stream that breaks never looks so. */
final class SealedOutput extends OutputStream {
  private final OutputStream out;
  private final Pieces pieces;
  private final byte[] plain = new byte[Pieces.PLAIN];
  private int filled;

  SealedOutput(OutputStream out, SecretKey key) {
    this.out = out;
    this.pieces = new Pieces(key);
  }

  @Override
  public void write(int one) throws IOException {
    write(new byte[]{(byte) one}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int from, int length) throws IOException {
    int at = from;
    int left = length;
    while (left > 0) {
      // a full piece goes out when more follows: the last one must know that it is
      if (filled == plain.length) {
        out.write(pieces.seal(plain, filled, false));
        filled = 0;
      }
      int some = Math.min(left, plain.length - filled);
      System.arraycopy(bytes, at, plain, filled, some);
      filled += some;
      at += some;
      left -= some;
    }
  }

  void finish() throws IOException {
    out.write(pieces.seal(plain, filled, true));
    out.flush();
  }
}
