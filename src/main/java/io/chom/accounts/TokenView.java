package io.chom.accounts;

import io.chom.common.UserId;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A token as it may be shown: everything but the token.
 *
 * @param expiresAt null if it holds until it is revoked
 */
public record TokenView(UUID id, String name, UserId owner, List<String> scopes, Instant createdAt,
    @Nullable Instant expiresAt, @Nullable Instant lastUsedAt, @Nullable Instant revokedAt) {}
