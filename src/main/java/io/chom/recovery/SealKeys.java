package io.chom.recovery;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;

/**
 * The keys of one file: Argon2id (RFC 9106) makes one of the passphrase and the file's own salt, HMAC-SHA-256 two of that
 * one. No two files share a key, so the pieces of each can be numbered from zero.
 */
final class SealKeys {
  private static final int KEY_BYTES = 32;

  private final byte[] root;

  /** How hard a passphrase is to try; written in the file, so that it can be raised later. */
  record Cost(int memoryKib, int passes, int lanes) {
    /** The second choice of RFC 9106: 64 MiB, three passes. */
    static final Cost USUAL = new Cost(64 * 1024, 3, 4);

    /** A file from elsewhere must not have this machine work for an hour. */
    boolean bearable() {
      return memoryKib >= 8 * 1024 && memoryKib <= 1024 * 1024 && passes >= 1 && passes <= 20 && lanes >= 1
          && lanes <= 16;
    }
  }

  private SealKeys(byte[] root) {
    this.root = root;
  }

  static SealKeys of(String passphrase, byte[] salt, Cost cost) {
    var argon = new Argon2BytesGenerator();
    argon.init(new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id).withVersion(Argon2Parameters.ARGON2_VERSION_13)
        .withMemoryAsKB(cost.memoryKib()).withIterations(cost.passes()).withParallelism(cost.lanes()).withSalt(salt)
        .build());
    byte[] root = new byte[KEY_BYTES];
    argon.generateBytes(passphrase.getBytes(StandardCharsets.UTF_8), root);
    return new SealKeys(root);
  }

  /** What only the passphrase's owner can write under these first lines. */
  byte[] sign(byte[] firstLines) {
    return mac(mac(root, "header".getBytes(StandardCharsets.UTF_8)), firstLines);
  }

  /** The key of everything after the first lines; another one if they are others. */
  SecretKey stream(byte[] firstLines) {
    return new SecretKeySpec(mac(mac(root, "stream".getBytes(StandardCharsets.UTF_8)), firstLines), "AES");
  }

  private static byte[] mac(byte[] key, byte[] data) {
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(data);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every JDK has HmacSHA256", e);
    }
  }
}
