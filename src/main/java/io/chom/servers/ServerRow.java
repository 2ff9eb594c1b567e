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
    Health health, @Nullable FailingLayer failingLayer, @Nullable Instant healthAt, Instant createdAt) {

  /** What the private key is sealed for: it opens for no other server. */
  static String keyContext(ServerId server) {
    return "server:" + server + ":key";
  }

  ServerView view(int sites) {
    return new ServerView(id, name, host, port, loginUser, status, hostKey, hostKeyAlgorithm, health.offeredKey(),
        rootless, capacity, sites, agentVersion, protocol, os, phpVersions, health.agent(), failingLayer, healthAt,
        createdAt);
  }
}
