package io.chom.sites;

import java.util.UUID;

/** Names one database of a site, for ever: a dropped one's id is not used again. */
public record DatabaseId(UUID value) {
  @Override
  public String toString() {
    return value.toString();
  }
}
