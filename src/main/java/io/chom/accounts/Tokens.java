package io.chom.accounts;

import io.chom.accounts.AccountRefused.Reason;
import io.chom.audit.Audit;
import io.chom.common.UserId;
import io.chom.common.Uuid7;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import java.security.SecureRandom;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/**
 * The current tenant's API tokens. A token is 256 random bits, shown once; only its hash is kept. Operators' tokens
 * belong to the platform tenant.
 */
@Service
public class Tokens {
  private static final Pattern USABLE = Pattern.compile("[A-Za-z0-9_-]{32,200}");
  private static final Duration USE_NOTED_EVERY = Duration.ofMinutes(1);
  private static final SecureRandom RANDOM = new SecureRandom();

  /** A token that opens something now. */
  record KnownToken(UUID id, TenantId tenant, UserId user, Set<String> scopes) {
    boolean covers(Permission permission) {
      return scopes.contains(Permission.ALL_SCOPES) || scopes.contains(permission.scope());
    }
  }

  private final JdbcClient jdbc;
  private final Audit audit;
  private final Clock clock;

  Tokens(JdbcClient jdbc, Audit audit, Clock clock) {
    this.jdbc = jdbc;
    this.audit = audit;
    this.clock = clock;
  }

  /** Makes a token of the caller's, which may do what its scopes name and its owner may. */
  @Transactional
  public CreatedToken create(Caller caller, NewToken wanted) {
    if (wanted.name().isBlank() || wanted.name().length() > 200) {
      throw new AccountRefused(Reason.NAME_INVALID, "name");
    }
    if (wanted.expiresAt() != null && !wanted.expiresAt().isAfter(clock.instant())) {
      throw new AccountRefused(Reason.EXPIRY_PAST, "expiresAt");
    }
    for (String scope : wanted.scopes()) {
      checkScope(caller, scope);
    }
    byte[] secret = new byte[32];
    RANDOM.nextBytes(secret);
    var token = "chom_" + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
    var id = Uuid7.next();
    insert(id, caller.user().userId(), wanted, Hashes.sha256(token));
    audit.record(caller.actor(), "token.create", "token", id, wanted.name(),
        Map.of("scopes", wanted.scopes().stream().sorted().toList()));
    return new CreatedToken(id, token);
  }

  private static void checkScope(Caller caller, String scope) {
    if (scope.equals(Permission.ALL_SCOPES)) {
      // means whatever the owner may, so it adds nothing; but a token must not make a mightier one
      if (caller.token() != null) {
        throw new AccountRefused(Reason.SCOPE_NOT_HELD, "scopes");
      }
      return;
    }
    var permission = Permission.ofScope(scope)
        .orElseThrow(() -> new AccountRefused(Reason.SCOPE_UNKNOWN, "scopes"));
    if (!caller.can(permission)) {
      throw new AccountRefused(Reason.SCOPE_NOT_HELD, "scopes");
    }
  }

  /** Keeps a token that was chosen elsewhere, unless it is kept already. Needs a transaction of the platform tenant. */
  void adopt(UserId owner, String name, String token) {
    if (!USABLE.matcher(token).matches()) {
      throw new AccountRefused(Reason.TOKEN_UNUSABLE, "token");
    }
    insert(Uuid7.next(), owner, new NewToken(name, Set.of(Permission.ALL_SCOPES), null), Hashes.sha256(token));
  }

  private void insert(UUID id, UserId owner, NewToken wanted, String hash) {
    jdbc.sql("""
        insert into api_token (id, tenant_id, user_id, name, token_hash, scopes, expires_at, created_at)
        values (:id, :tenant, :user, :name, :hash, cast(:scopes as text[]), :expires, :now)
        on conflict (token_hash) do nothing
        """).param("id", id).param("tenant", TenantContext.current().value()).param("user", owner.value())
        .param("name", wanted.name()).param("hash", hash)
        .param("scopes", "{" + String.join(",", wanted.scopes().stream().sorted().toList()) + "}")
        .param("expires", timestamp(wanted.expiresAt()), java.sql.Types.TIMESTAMP)
        .param("now", Timestamp.from(clock.instant())).update();
  }

  /** The tenant's tokens, newest first, revoked ones too. */
  @Transactional(readOnly = true)
  public List<TokenView> list() {
    return jdbc.sql("""
        select id, name, user_id, scopes, created_at, expires_at, last_used_at, revoked_at from api_token
        where tenant_id = :tenant order by created_at desc, id desc limit 1000
        """).param("tenant", TenantContext.current().value()).query((row, _) -> view(row)).list();
  }

  /** Ends a token now. */
  @Transactional
  public void revoke(Caller caller, UUID token) {
    var name = jdbc.sql("""
        update api_token set revoked_at = :now where id = :id and tenant_id = :tenant and revoked_at is null
        returning name
        """).param("now", Timestamp.from(clock.instant())).param("id", token)
        .param("tenant", TenantContext.current().value()).query(String.class).optional()
        .orElseThrow(() -> new TokenNotFound(token));
    audit.record(caller.actor(), "token.revoke", "token", token, name, Map.of());
  }

  /** The token behind the text, if it may be used now; notes that it was used, at most once a minute. */
  Optional<KnownToken> find(String token) {
    if (!USABLE.matcher(token).matches()) {
      return Optional.empty();
    }
    return jdbc.sql("select id, tenant_id, user_id, scopes, last_used_at from token_by_hash(:hash)")
        .param("hash", Hashes.sha256(token)).query((row, _) -> {
          var known = new KnownToken(row.getObject("id", UUID.class),
              new TenantId(row.getObject("tenant_id", UUID.class)), new UserId(row.getObject("user_id", UUID.class)),
              Set.copyOf(strings(row.getArray("scopes"))));
          return Map.entry(known, Optional.ofNullable(instant(row, "last_used_at")));
        }).optional().map(found -> {
          found.getValue().ifPresentOrElse(last -> noteUse(found.getKey(), last), () -> noteUse(found.getKey(), null));
          return found.getKey();
        });
  }

  /** Whether a token that was good a while ago still is. */
  boolean isLive(TenantId tenant, UUID token) {
    return TenantContext.callAs(tenant, () -> jdbc.sql("""
        select exists (select from api_token where id = :id and tenant_id = :tenant and revoked_at is null
                         and (expires_at is null or expires_at > now()))
        """).param("id", token).param("tenant", tenant.value()).query(Boolean.class).single());
  }

  private void noteUse(KnownToken token, @Nullable Instant last) {
    var now = clock.instant();
    if (last != null && last.plus(USE_NOTED_EVERY).isAfter(now)) {
      return;
    }
    TenantContext.runAs(token.tenant(),
        () -> jdbc.sql("update api_token set last_used_at = :now where id = :id and tenant_id = :tenant")
            .param("now", Timestamp.from(now)).param("id", token.id()).param("tenant", token.tenant().value())
            .update());
  }

  private static TokenView view(ResultSet row) throws SQLException {
    return new TokenView(row.getObject("id", UUID.class), row.getString("name"),
        new UserId(row.getObject("user_id", UUID.class)), strings(row.getArray("scopes")),
        row.getTimestamp("created_at").toInstant(), instant(row, "expires_at"), instant(row, "last_used_at"),
        instant(row, "revoked_at"));
  }

  private static List<String> strings(Array array) throws SQLException {
    return List.of((String[]) array.getArray());
  }

  private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
    var time = row.getTimestamp(column);
    return time == null ? null : time.toInstant();
  }

  private static @Nullable Timestamp timestamp(@Nullable Instant time) {
    return time == null ? null : Timestamp.from(time);
  }
}
