package io.chom.ssh;

/**
 * A new key pair.
 *
 * @param privateKey OpenSSH form, not encrypted: seal it before storing it
 * @param publicKey the line for {@code authorized_keys}
 * @param fingerprint as OpenSSH prints it, {@code SHA256:…}
 */
public record SshKeyPair(String privateKey, String publicKey, String fingerprint) {

  @Override
  public String toString() {
    return "SshKeyPair[" + publicKey + "]";
  }
}
