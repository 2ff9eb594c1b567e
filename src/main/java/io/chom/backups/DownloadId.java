package io.chom.backups;

import java.util.UUID;

/** A link by which a backup is downloaded. */
public record DownloadId(UUID value) {

  @Override
  public String toString() {
    return value.toString();
  }
}
