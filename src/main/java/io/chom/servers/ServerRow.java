package io.chom.servers;

import io.chom.tenancy.TenantId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One server as it is stored. */
record ServerRow(ServerId id, TenantId owner, String name, String host, int port, String loginUser, String hostKey,
    String hostKeyAlgorithm, String keyId, String privateKeySealed, String publicKey, ServerStatus status,
    boolean rootless, int capacity,
    @Nullable String agentVersion, @Nullable Integer protocol, @Nullable String os, List<String> phpVersions,
    Health health, @Nullable FailingLayer failingLayer, @Nullable Instant healthAt, Instant createdAt,
    Upkeep upkeep) {

  /** What the private key is sealed for: it opens for no other server. */
  static String keyContext(ServerId server) {
    return "server:" + server + ":key";
  }

  /** Whether its agent has answered once: from then on it may have sites. */
  boolean wasEnrolled() {
    return agentVersion != null;
  }

  /** Whether the panel has a key to have it prepared with. */
  boolean preparable() {
    return switch (status) {
      case READY, MAINTENANCE, FAILED -> wasEnrolled() && !privateKeySealed.isEmpty();
      case ENROLLING, PREPARING, UNREACHABLE, HOST_KEY_CHANGED, DECOMMISSIONING, DECOMMISSIONED -> false;
    };
  }

  /**
   * Whether it may be enrolled again in its place: only when the panel cannot get in as it is. A server that is off may
   * come back as it was, and one that answers would lose a key that opens.
   */
  boolean enrollable() {
    return switch (status) {
      case FAILED, HOST_KEY_CHANGED -> true;
      case UNREACHABLE -> shutOut();
      // no status says there that it does not answer
      case PREPARING, MAINTENANCE -> shutOut() && health.lost();
      case ENROLLING, READY, DECOMMISSIONING, DECOMMISSIONED -> false;
    };
  }

  private boolean shutOut() {
    return failingLayer == FailingLayer.AUTH || failingLayer == FailingLayer.AGENT;
  }

  /** Whether its agent can be asked to change something about itself. */
  boolean tended() {
    return switch (status) {
      case READY, MAINTENANCE -> wasEnrolled() && !privateKeySealed.isEmpty();
      case ENROLLING, PREPARING, UNREACHABLE, HOST_KEY_CHANGED, FAILED, DECOMMISSIONING, DECOMMISSIONED -> false;
    };
  }

  ServerView view(int sites) {
    return new ServerView(id, name, host, port, loginUser, status, hostKey, hostKeyAlgorithm, health.offeredKey(),
        rootless, capacity, sites, agentVersion, protocol, os, phpVersions, health.agent(), failingLayer, healthAt,
        createdAt, preparable(), enrollable(), upkeep.shown(this));
  }
}
