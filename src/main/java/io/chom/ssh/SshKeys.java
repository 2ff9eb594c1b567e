package io.chom.ssh;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.util.OpenSSHPrivateKeyUtil;
import org.bouncycastle.crypto.util.OpenSSHPublicKeyUtil;

/** Makes keys in the forms OpenSSH reads. */
public final class SshKeys {
  private static final SecureRandom RANDOM = new SecureRandom();

  private SshKeys() {}

  /** A new ed25519 pair; the comment ends its public line. */
  public static SshKeyPair generate(String comment) {
    if (comment.chars().anyMatch(c -> c < ' ' || c == 127)) {
      throw new IllegalArgumentException("A key's comment is one line of text");
    }
    try {
      var key = new Ed25519PrivateKeyParameters(RANDOM);
      var blob = OpenSSHPublicKeyUtil.encodePublicKey(key.generatePublicKey());
      var line = "ssh-ed25519 " + Base64.getEncoder().encodeToString(blob) + (comment.isBlank() ? "" : " " + comment);
      return new SshKeyPair(pem(OpenSSHPrivateKeyUtil.encodePrivateKey(key)), line, fingerprint(blob));
    } catch (IOException e) {
      throw new IllegalStateException("Cannot encode a new key", e);
    }
  }

  /** As above, without a comment. */
  public static SshKeyPair generate() {
    return generate("");
  }

  static String fingerprint(byte[] publicKeyBlob) {
    try {
      var digest = MessageDigest.getInstance("SHA-256").digest(publicKeyBlob);
      return "SHA256:" + Base64.getEncoder().withoutPadding().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }

  private static String pem(byte[] key) {
    var lines = Base64.getMimeEncoder(70, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(key);
    return "-----BEGIN OPENSSH PRIVATE KEY-----\n" + lines + "\n-----END OPENSSH PRIVATE KEY-----\n";
  }
}
