package io.chom.backups;

import java.time.Instant;

/**
 * A link that has just been made; its secret is known here for the only time.
 *
 * @param token 256 bits
 */
public record DownloadLink(DownloadId id, String token, Instant expiresAt, int mostUses) {

  /** Without the secret, wherever it is written. */
  @Override
  public String toString() {
    return "DownloadLink[" + id + "]";
  }
}
