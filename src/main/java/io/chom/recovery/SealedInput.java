package io.chom.recovery;

import io.chom.recovery.RecoveryRefused.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import javax.crypto.SecretKey;

/** Opens what {@link SealedOutput} sealed. Nothing comes out of it that was not sealed there in this place. */
final class SealedInput extends InputStream {
  private final PushbackInputStream in;
  private final Pieces pieces;
  private final byte[] sealed = new byte[Pieces.SEALED];
  private byte[] plain = new byte[0];
  private int at;
  private boolean last;

  SealedInput(InputStream in, SecretKey key) {
    this.in = new PushbackInputStream(in, 1);
    this.pieces = new Pieces(key);
  }

  @Override
  public int read() throws IOException {
    return filled() ? plain[at++] & 0xff : -1;
  }

  @Override
  public int read(byte[] into, int from, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!filled()) {
      return -1;
    }
    int some = Math.min(length, plain.length - at);
    System.arraycopy(plain, at, into, from, some);
    at += some;
    return some;
  }

  private boolean filled() throws IOException {
    while (at == plain.length) {
      if (last) {
        return false;
      }
      next();
    }
    return true;
  }

  private void next() throws IOException {
    int length = in.readNBytes(sealed, 0, sealed.length);
    int following = length < sealed.length ? -1 : in.read();
    if (following >= 0) {
      in.unread(following);
    }
    boolean end = following < 0;
    byte[] opened = length < Pieces.TAG ? null : pieces.open(sealed, length, end);
    if (opened == null) {
      throw unreadable(length, end);
    }
    plain = opened;
    at = 0;
    last = end;
  }

  private RecoveryRefused unreadable(int length, boolean end) {
    if (length < Pieces.TAG || end && pieces.open(sealed, length, false) != null) {
      return new RecoveryRefused(Reason.CUT_OFF,
          "The file ends too early: " + pieces.number() + " whole pieces are there,"
              + " and the last is missing. It was not written or copied to its end; use another");
    }
    return new RecoveryRefused(Reason.DAMAGED, "The file is damaged in its piece " + (pieces.number() + 1)
        + ": it was changed, mixed up" + (end ? ", cut off" : "") + " or is no longer what was written. Use another");
  }
}
