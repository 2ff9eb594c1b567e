package io.chom.api;

import io.chom.tenancy.TenantContext;
import java.sql.Types;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.core.simple.JdbcClient.StatementSpec;
import org.springframework.stereotype.Component;

/** What the current tenant's callers have asked under which key, and what they were answered. */
@Component
class IdempotencyKeys {
  /** What is known of a key. */
  sealed interface Known {
    /** Nobody asked under it; it is this request's now. */
    record Fresh() implements Known {}

    /** The same request was answered. */
    record Answered(int status, String body, @Nullable String location) implements Known {}

    /** The same request is being answered. */
    record UnderWay() implements Known {}

    /** Another request used it. */
    record Other() implements Known {}
  }

  private static final String ONE = " where tenant_id = :tenant and user_or_token = :caller and key = :key";

  private final JdbcClient jdbc;

  IdempotencyKeys(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  Known begin(UUID caller, String key, String hash) {
    // a panel that died while answering left its key behind: after a minute the request may be made again, and the
    // operation's own key sees to it that its effect is not
    int taken = statement("""
        insert into idempotency_key (tenant_id, user_or_token, key, request_hash)
        values (:tenant, :caller, :key, :hash)
        on conflict (tenant_id, user_or_token, key) do update set created_at = now()
        where idempotency_key.status is null and idempotency_key.request_hash = excluded.request_hash
          and idempotency_key.created_at < now() - interval '1 minute'
        """, caller, key).param("hash", hash).update();
    if (taken == 1) {
      return new Known.Fresh();
    }
    return statement("select request_hash, status, response ->> 'body' as body, response ->> 'location' as location"
        + " from idempotency_key" + ONE, caller, key)
        .query((row, _) -> {
          if (!row.getString("request_hash").equals(hash)) {
            return new Known.Other();
          }
          int status = row.getInt("status");
          return row.wasNull()
              ? new Known.UnderWay()
              : new Known.Answered(status, Objects.requireNonNullElse(row.getString("body"), ""),
                  row.getString("location"));
        }).optional().map(Known.class::cast).orElseGet(Known.UnderWay::new);
  }

  /** The body is kept as text inside JSON, so that it is replayed byte for byte. */
  void answered(UUID caller, String key, Known.Answered answer) {
    statement("""
        update idempotency_key set status = :status,
          response = jsonb_build_object('body', cast(:body as text), 'location', cast(:location as text))
        """ + ONE, caller, key).param("status", answer.status()).param("body", answer.body())
        .param("location", answer.location(), Types.VARCHAR).update();
  }

  void forget(UUID caller, String key) {
    statement("delete from idempotency_key" + ONE, caller, key).update();
  }

  private StatementSpec statement(String sql, UUID caller, String key) {
    return jdbc.sql(sql).param("tenant", TenantContext.current().value()).param("caller", caller).param("key", key);
  }
}
