package io.chom.recovery;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import org.jspecify.annotations.Nullable;

/**
 * A long text sealed in pieces (STREAM of Hoang, Reyhanitabar, Rogaway and Vizár, as age uses it). A piece's nonce is its
 * number and whether it is the last: none can be left out, put elsewhere, doubled, or be missing at the end unnoticed.
 */
final class Pieces {
  static final int PLAIN = 64 * 1024;
  static final int TAG = 16;
  static final int SEALED = PLAIN + TAG;
  private static final int NONCE = 12;

  private final SecretKey key;
  private final Cipher cipher;
  private long number;

  Pieces(SecretKey key) {
    this.key = key;
    try {
      this.cipher = Cipher.getInstance("AES/GCM/NoPadding");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every JDK has AES-GCM", e);
    }
  }

  /** How many there were before the next one. */
  long number() {
    return number;
  }

  byte[] seal(byte[] plain, int length, boolean last) {
    try {
      cipher.init(Cipher.ENCRYPT_MODE, key, nonce(last));
      number++;
      return cipher.doFinal(plain, 0, length);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM cannot seal", e);
    }
  }

  /** @return null for what was not sealed as this piece */
  byte @Nullable [] open(byte[] sealed, int length, boolean last) {
    try {
      cipher.init(Cipher.DECRYPT_MODE, key, nonce(last));
      byte[] plain = cipher.doFinal(sealed, 0, length);
      number++;
      return plain;
    } catch (AEADBadTagException _) {
      return null;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM cannot open", e);
    }
  }

  private GCMParameterSpec nonce(boolean last) {
    var nonce = ByteBuffer.allocate(NONCE).putInt(0, 0).putLong(3, number);
    return new GCMParameterSpec(TAG * 8, nonce.put(NONCE - 1, (byte) (last ? 1 : 0)).array());
  }
}
