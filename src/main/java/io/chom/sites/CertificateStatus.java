package io.chom.sites;

import java.util.Set;

/** How it stands with a site's certificate, and where it may go from there. */
public enum CertificateStatus {
  /** The first one has been asked for. */
  ISSUING,
  /** It is served. */
  ACTIVE,
  /** It is served, and a new one has been asked for. */
  RENEWING,
  /** There is none: the last time one was asked for it was refused. */
  FAILED;

  /** The states that may follow this one. */
  public Set<CertificateStatus> next() {
    return switch (this) {
      case ISSUING -> Set.of(ACTIVE, FAILED);
      case ACTIVE -> Set.of(RENEWING);
      // whether the new one came or not: one is served
      case RENEWING -> Set.of(ACTIVE);
      case FAILED -> Set.of(ISSUING);
    };
  }

  /** Whether visitors are shown a certificate. */
  public boolean served() {
    return this == ACTIVE || this == RENEWING;
  }
}
