package io.chom.ssh;

import org.jspecify.annotations.Nullable;

/** What a login proves itself with. Prints nothing secret. */
public sealed interface SshCredential {

  /**
   * A private key.
   *
   * @param id names the key in logs and keeps connections of different keys apart
   * @param privateKey the key's text: OpenSSH, PKCS#1, PKCS#8 or PuTTY form
   * @param passphrase what the text is encrypted with, if it is
   */
  record Key(String id, String privateKey, @Nullable String passphrase) implements SshCredential {
    @Override
    public String toString() {
      return "Key[" + id + "]";
    }
  }

  /** A password, for the one login that enrols a server. */
  record Password(String value) implements SshCredential {
    @Override
    public String toString() {
      return "Password[***]";
    }
  }
}
