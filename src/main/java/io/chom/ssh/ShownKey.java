package io.chom.ssh;

import java.security.PublicKey;
import java.util.Base64;
import java.util.List;
import net.schmizz.sshj.common.Buffer;
import net.schmizz.sshj.common.KeyType;
import net.schmizz.sshj.transport.verification.HostKeyVerifier;
import org.jspecify.annotations.Nullable;

/** Looks at the key a server shows, and lets only the pinned one pass. */
final class ShownKey implements HostKeyVerifier {
  private final @Nullable String pinned;
  private final @Nullable String algorithm;
  private volatile @Nullable HostKey offered;

  /** @param pinned null lets any key pass, for asking which one it is */
  ShownKey(@Nullable String pinned, @Nullable String algorithm) {
    this.pinned = pinned;
    this.algorithm = algorithm;
  }

  @Override
  public boolean verify(String host, int port, PublicKey key) {
    var shown = describe(key);
    offered = shown;
    return pinned == null || shown.fingerprint().equals(pinned);
  }

  /** Asks for the pinned key's type first, so that a server that has gained a better key still passes. */
  @Override
  public List<String> findExistingAlgorithms(String host, int port) {
    if (algorithm == null) {
      return List.of();
    }
    return algorithm.equals("ssh-rsa") ? List.of("rsa-sha2-512", "rsa-sha2-256") : List.of(algorithm);
  }

  @Nullable
  String pinned() {
    return pinned;
  }

  @Nullable
  HostKey offered() {
    return offered;
  }

  /** The offered key, if it is not the pinned one. */
  @Nullable
  HostKey wrong() {
    var shown = offered;
    return shown == null || pinned == null || shown.fingerprint().equals(pinned) ? null : shown;
  }

  static HostKey describe(PublicKey key) {
    var blob = new Buffer.PlainBuffer().putPublicKey(key).getCompactData();
    var type = KeyType.fromKey(key).toString();
    return new HostKey(type, SshKeys.fingerprint(blob), type + " " + Base64.getEncoder().encodeToString(blob));
  }
}
