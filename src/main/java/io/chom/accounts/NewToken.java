package io.chom.accounts;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A token to be made.
 *
 * @param scopes of {@link Permission#scope()}, or {@link Permission#ALL_SCOPES}
 * @param expiresAt null if it shall hold until it is revoked
 */
public record NewToken(String name, Set<String> scopes, @Nullable Instant expiresAt) {}
