package io.chom.accounts;

import java.util.UUID;

/** A fresh token, the only time it can be read. */
public record CreatedToken(UUID id, String token) {
  @Override
  public String toString() {
    return "CreatedToken[" + id + "]";
  }
}
