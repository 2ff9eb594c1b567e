package io.chom.servers;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to take a server into the fleet.
 *
 * @param errorCode why it failed; null if it did not
 * @param server the server it makes; null before approval
 */
public record EnrolmentView(EnrolmentId id, String host, int port, String loginUser, String algorithm,
    String fingerprint, EnrolmentStatus status, @Nullable String errorCode, @Nullable ServerId server,
    Instant createdAt, Instant expiresAt) {}
