package io.chom.servers;

import java.util.Set;

/** Where the attempt to take a server into the fleet stands. */
public enum EnrolmentStatus {
  /** The server showed its key; nobody has approved it yet. */
  SCANNED,
  /** The key is approved and the server is being enrolled. */
  APPROVED,
  /** The server is enrolled. */
  DONE,
  /** It did not work; it may be approved again with a login. */
  FAILED;

  /** The states that may follow this one. */
  public Set<EnrolmentStatus> next() {
    return switch (this) {
      case SCANNED, FAILED -> Set.of(APPROVED);
      case APPROVED -> Set.of(DONE, FAILED);
      case DONE -> Set.of();
    };
  }
}
