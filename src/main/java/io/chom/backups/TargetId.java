package io.chom.backups;

import java.util.UUID;

/** Names one place for backups, the tenant's own or a shared one. */
public record TargetId(UUID value) {
  @Override
  public String toString() {
    return value.toString();
  }
}
