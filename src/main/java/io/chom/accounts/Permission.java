package io.chom.accounts;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** One thing that somebody may be allowed to do. A token's scopes are these, written like {@code sites:read}. */
public enum Permission {
  SITES_READ, SITES_WRITE, SITES_DELETE, BACKUPS_READ, BACKUPS_WRITE,
  /** Start what schedules expect: for a clock outside the panel. */
  BACKUPS_RUN, BACKUPS_SCHEDULE,
  /** Put a backup in the place of what is there of a site, and take that back. */
  BACKUPS_RESTORE, BACKUPS_DELETE, OPERATIONS_READ, OPERATIONS_WRITE,
  /** See what is measured, and ask about it in PromQL. */
  METRICS_READ, AUDIT_READ,
  /** See and change where one is told what oneself. */
  NOTIFICATIONS_READ, NOTIFICATIONS_WRITE,
  /** The same for channels of the whole tenant. */
  NOTIFICATIONS_MANAGE, TEAM_READ, TEAM_WRITE, TOKENS_READ, TOKENS_WRITE,
  /** Plan, ownership, deleting the tenant. */
  TENANT_WRITE, FLEET_READ, FLEET_WRITE,
  /** Step into any tenant. */
  TENANTS_ACT;

  /** A token with this scope may do whatever its owner may. */
  public static final String ALL_SCOPES = "*";

  public String scope() {
    return name().toLowerCase(Locale.ROOT).replace('_', ':');
  }

  static Optional<Permission> ofScope(String scope) {
    return Stream.of(values()).filter(permission -> permission.scope().equals(scope)).findFirst();
  }
}
