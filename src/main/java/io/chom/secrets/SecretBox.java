package io.chom.secrets;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.springframework.stereotype.Service;

/**
 * Seals secrets for the database with AES-256-GCM (NIST SP 800-38D) under a key derived from the master key.
 *
 * <p>A sealed text reads {@code v1.<key id>.<base64 of nonce and ciphertext>}. The context, such as
 * {@code server:<id>}, is authenticated with it: a sealed text copied to another place does not open there.
 */
@Service
public class SecretBox {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;

  private final SecretKey master;
  private final SecretKey sealing;
  private final String keyId;

  SecretBox(SecretsProperties properties) {
    master = new SecretKeySpec(properties.keyBytes(), "HmacSHA256");
    sealing = new SecretKeySpec(mac("seal", new byte[0]), "AES");
    keyId = HexFormat.of().formatHex(Arrays.copyOf(mac("key-id", new byte[0]), 4));
  }

  /** Which master key is in use, without telling anything of it. */
  public String keyId() {
    return keyId;
  }

  /** Seals a text for one place. */
  public String seal(String plain, String context) {
    byte[] nonce = new byte[NONCE_BYTES];
    RANDOM.nextBytes(nonce);
    byte[] sealed = crypt(Cipher.ENCRYPT_MODE, nonce, plain.getBytes(StandardCharsets.UTF_8), context);
    byte[] all = ByteBuffer.allocate(nonce.length + sealed.length).put(nonce).put(sealed).array();
    return "v1." + keyId + "." + Base64.getEncoder().encodeToString(all);
  }

  /**
   * Opens what was sealed for the same place.
   *
   * @throws SecretUnreadable it was sealed under another master key or for another place, or was changed
   */
  public String open(String sealed, String context) {
    String[] parts = sealed.split("\\.", -1);
    if (parts.length != 3 || !parts[0].equals("v1")) {
      throw new SecretUnreadable("This is not a sealed secret", null);
    }
    if (!parts[1].equals(keyId)) {
      throw new SecretUnreadable("Sealed under master key " + parts[1] + ", but CHOM_MASTER_KEY is " + keyId
          + ": start CHOM with the key that was in use", null);
    }
    byte[] all = Base64.getDecoder().decode(parts[2]);
    byte[] plain = crypt(Cipher.DECRYPT_MODE, Arrays.copyOf(all, NONCE_BYTES),
        Arrays.copyOfRange(all, NONCE_BYTES, all.length), context);
    return new String(plain, StandardCharsets.UTF_8);
  }

  /** A keyed hash (HMAC-SHA-256) for one purpose: equal input gives equal output, and nobody else can make it. */
  public final byte[] mac(String purpose, byte[] data) {
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(master);
      mac.update(purpose.getBytes(StandardCharsets.UTF_8));
      mac.update((byte) 0);
      return mac.doFinal(data);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every JDK has HmacSHA256", e);
    }
  }

  private byte[] crypt(int mode, byte[] nonce, byte[] data, String context) {
    try {
      var cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(mode, sealing, new GCMParameterSpec(TAG_BITS, nonce));
      cipher.updateAAD(context.getBytes(StandardCharsets.UTF_8));
      return cipher.doFinal(data);
    } catch (GeneralSecurityException e) {
      throw new SecretUnreadable("The secret was sealed for another place, or was changed", e);
    }
  }
}
