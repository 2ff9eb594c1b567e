package io.chom.common;

import java.util.UUID;

/** Names one person. */
public record UserId(UUID value) {
  @Override
  public String toString() {
    return value.toString();
  }
}
