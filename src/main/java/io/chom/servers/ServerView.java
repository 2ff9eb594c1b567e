package io.chom.servers;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * One server as operators see it; nothing secret.
 *
 * @param hostKey the approved fingerprint, {@code SHA256:…}
 * @param offeredHostKey the fingerprint it shows now, while that one is not approved
 * @param sites how many sites live there
 * @param os what the agent calls its system; null until the agent has answered once
 * @param health what the agent last said of itself; null before its first answer
 * @param failingLayer why the last probe failed; null if it did not
 * @param healthAt when it was last asked
 * @param preparable whether what sites need can be installed once more
 * @param enrollable whether it can be enrolled again in its place, because the panel cannot get in
 */
public record ServerView(ServerId id, String name, String host, int port, String loginUser, ServerStatus status,
    String hostKey, String hostKeyAlgorithm, @Nullable String offeredHostKey, boolean rootless, int capacitySites,
    int sites, @Nullable String agentVersion, @Nullable Integer protocol, @Nullable String os, List<String> phpVersions,
    @Nullable JsonNode health, @Nullable FailingLayer failingLayer, @Nullable Instant healthAt, Instant createdAt,
    boolean preparable, boolean enrollable, ServerCare care) {}
