package io.chom.ssh;

import org.jspecify.annotations.Nullable;

/**
 * Where to log in, as whom, and which host key must answer there. Two targets share a connection only if all of this is
 * the same.
 *
 * @param hostKey the pinned key's fingerprint as OpenSSH prints it, {@code SHA256:…}
 * @param hostKeyAlgorithm the pinned key's type, e.g. {@code ssh-ed25519}: a server with several keys is asked for this
 *     one
 */
public record SshTarget(String host, int port, String user, SshCredential credential, String hostKey,
    @Nullable String hostKeyAlgorithm) {

  public SshTarget {
    if (host.isBlank() || user.isBlank()) {
      throw new IllegalArgumentException("A target needs a host and a user");
    }
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("Port " + port + " is not between 1 and 65535");
    }
    if (!hostKey.startsWith("SHA256:")) {
      throw new IllegalArgumentException("A pinned host key looks like SHA256:…, not " + hostKey);
    }
  }

  /** For a server whose key type is not known: its best key must be the pinned one. */
  public SshTarget(String host, int port, String user, SshCredential credential, String hostKey) {
    this(host, port, user, credential, hostKey, null);
  }

  /** The login as people write it, for messages. */
  public String label() {
    return user + "@" + host + ":" + port;
  }

  @Override
  public String toString() {
    return label();
  }
}
