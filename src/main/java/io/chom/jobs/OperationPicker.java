package io.chom.jobs;

import io.chom.operations.Claim;
import io.chom.operations.OperationId;
import io.chom.tenancy.TenantId;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/** The cross-tenant statements of the queue: what is next, who still works on what. All times are the database's. */
@Component
class OperationPicker {
  /** The order is the database's, which pages ask too; a node that drains takes nothing. */
  private static final String TAKE = """
      with chosen as (
        select l.id, l.place from operation_line(:perServer, :perTenant, cast(:patience as interval)) l
        where l.reason is null
          and not exists (select from worker_node n where n.id = :node and n.draining_since is not null)
        order by l.place limit :limit
      ), locked as (
        select o.id, o.status <> 'QUEUED' as adopted from operation o join chosen c using (id)
        for update of o skip locked
      )
      update operation o
      set status = case when o.status = 'QUEUED' then 'RUNNING' else o.status end, attempt = o.attempt + 1,
          fence = nextval('operation_fence_seq'),
          lease_owner = :node, lease_expires_at = now() + cast(:lease as interval),
          started_at = coalesce(o.started_at, now()), next_try_at = null
      from locked where o.id = locked.id
      returning o.tenant_id, o.id, o.fence, locked.adopted, o.sent_at is not null as sent, o.agent_offset
      """;

  private final JdbcClient jdbc;
  private final TransactionTemplate transaction;

  OperationPicker(@Qualifier("jobsDataSource") DataSource everyTenant) {
    jdbc = JdbcClient.create(everyTenant);
    transaction = new TransactionTemplate(new JdbcTransactionManager(everyTenant));
  }

  /** Takes up to {@code limit} operations for this node; no other node takes the same. */
  List<Claim> take(String node, int limit, Limits limits, Duration lease) {
    return java.util.Objects.requireNonNull(transaction.execute(status -> {
      // one picker at a time, or two would count the same free place on a server
      jdbc.sql("select pg_advisory_xact_lock(hashtext('chom.operations.pick'))").query(row -> {});
      return jdbc.sql(TAKE).param("node", node).param("limit", limit).param("perServer", limits.perServer())
          .param("perTenant", limits.perTenant()).param("patience", interval(limits.patience()))
          .param("lease", interval(lease))
          .query((row, n) -> new Claim(new TenantId(row.getObject("tenant_id", UUID.class)),
              new OperationId(row.getObject("id", UUID.class)), row.getLong("fence"), row.getBoolean("adopted"),
              row.getBoolean("sent"), row.getLong("agent_offset")))
          .list();
    }));
  }

  /** Renews the leases of what this node works on, and answers those that are still its own. */
  Set<OperationId> renew(String node, Collection<OperationId> held, Duration lease) {
    if (held.isEmpty()) {
      return Set.of();
    }
    return jdbc.sql("""
        update operation set lease_expires_at = now() + cast(:lease as interval)
        where lease_owner = :node and id in (:held) and status in ('RUNNING', 'CANCELLING') returning id
        """).param("lease", interval(lease)).param("node", node)
        .param("held", held.stream().map(OperationId::value).toList())
        .query((row, n) -> new OperationId(row.getObject("id", UUID.class))).list().stream()
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Lets other nodes adopt at once what this node, which is stopping, had under way. */
  void release(String node) {
    jdbc.sql("""
        update operation set lease_expires_at = now(), lease_owner = null
        where lease_owner = :node and status in ('RUNNING', 'CANCELLING')
        """).param("node", node).update();
  }

  private static String interval(Duration duration) {
    return duration.toMillis() + " milliseconds";
  }
}
