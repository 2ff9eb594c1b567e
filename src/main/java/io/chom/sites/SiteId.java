package io.chom.sites;

import java.util.UUID;

/** Names one site, for ever: a deleted site's id is not used again. */
public record SiteId(UUID value) {
  @Override
  public String toString() {
    return value.toString();
  }
}
