package io.chom.servers;

import java.util.Set;

/** Where a server is in its life, and where it may go from there. */
public enum ServerStatus {
  /** Its host key is approved; the agent and the panel's own login are being installed. */
  ENROLLING,
  /** The agent answers; what sites need is being installed. */
  PREPARING,
  /** Takes sites. */
  READY,
  /** Was ready, and does not answer; what is promised to it waits. */
  UNREACHABLE,
  /** Shows another host key than the approved one: nothing is sent there until an operator has looked. */
  HOST_KEY_CHANGED,
  /** An operator works on it: it keeps its sites and takes no new ones. */
  MAINTENANCE,
  /** Enrolling or preparing it did not work; both can be repeated. */
  FAILED,
  /** Leaves the fleet: nothing new is placed there, and the panel gives its rights there back. */
  DECOMMISSIONING,
  /** Left the fleet; kept for its history. Its address and name are free again. */
  DECOMMISSIONED;

  /** The states that may follow this one. */
  public Set<ServerStatus> next() {
    return switch (this) {
      case ENROLLING -> Set.of(PREPARING, FAILED);
      case PREPARING -> Set.of(READY, FAILED, HOST_KEY_CHANGED, MAINTENANCE, ENROLLING);
      case READY -> Set.of(UNREACHABLE, HOST_KEY_CHANGED, MAINTENANCE, PREPARING, DECOMMISSIONING);
      case UNREACHABLE -> Set.of(READY, HOST_KEY_CHANGED, MAINTENANCE, ENROLLING, DECOMMISSIONING);
      case HOST_KEY_CHANGED ->
        Set.of(PREPARING, READY, UNREACHABLE, MAINTENANCE, FAILED, ENROLLING, DECOMMISSIONING);
      case MAINTENANCE -> Set.of(READY, UNREACHABLE, HOST_KEY_CHANGED, PREPARING, ENROLLING, DECOMMISSIONING);
      case FAILED -> Set.of(ENROLLING, PREPARING, HOST_KEY_CHANGED, DECOMMISSIONING);
      case DECOMMISSIONING -> Set.of(DECOMMISSIONED, MAINTENANCE, FAILED, HOST_KEY_CHANGED);
      case DECOMMISSIONED -> Set.of();
    };
  }

  /** Whether commands may be sent there. */
  public boolean reachable() {
    return switch (this) {
      case PREPARING, READY, UNREACHABLE, MAINTENANCE, DECOMMISSIONING -> true;
      case ENROLLING, HOST_KEY_CHANGED, FAILED, DECOMMISSIONED -> false;
    };
  }
}
