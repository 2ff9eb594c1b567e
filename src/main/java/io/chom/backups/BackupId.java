package io.chom.backups;

import java.util.UUID;

/** Names one backup, for ever: a removed one's id is not used again. */
public record BackupId(UUID value) {
  @Override
  public String toString() {
    return value.toString();
  }
}
