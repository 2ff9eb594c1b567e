package io.chom.accounts;

import io.chom.common.Actor;
import io.chom.tenancy.TenantId;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Who makes this request, for which tenant, and what they may do there. Controllers take it as a parameter.
 *
 * @param tenantName empty when the person belongs to no tenant
 * @param role null for an operator who is no member
 * @param operator whether they run the platform now
 * @param token the API token that was shown; null for a browser
 */
public record Caller(SignedIn user, TenantId tenant, String tenantName, @Nullable Role role, boolean operator,
    Set<Permission> permissions, @Nullable UUID token) {

  public Caller {
    permissions = Set.copyOf(permissions);
  }

  public boolean can(Permission permission) {
    return permissions.contains(permission);
  }

  /**
   * Insists on a right that is only known once the thing was read.
   *
   * @param scope as a token's scope names it, such as {@code sites:delete}
   */
  public void mustHold(String scope) {
    if (!holds(scope)) {
      throw new NotAllowed();
    }
  }

  /** Whether {@link #mustHold} would agree. */
  public boolean holds(String scope) {
    return permissions.stream().map(Permission::scope).anyMatch(scope::equals);
  }

  /** As the audit log and operations name them. */
  public Actor actor() {
    return new Actor(user.userId(), user.email());
  }

  /** Whose idempotency keys and rate limits count: the token's where there is one. */
  public UUID counted() {
    return token == null ? user.userId().value() : token;
  }
}
