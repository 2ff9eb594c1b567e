package io.chom.jobs;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Objects;
import javax.sql.DataSource;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Tells everybody which panels carry operations out. All times are the database's. */
@Component
class WorkerNodes {
  private static final String VERSION = Objects
      .requireNonNullElse(WorkerNodes.class.getPackage().getImplementationVersion(), "development");

  private final JdbcClient jdbc;

  WorkerNodes(@Qualifier("jobsDataSource") DataSource everyTenant) {
    jdbc = JdbcClient.create(everyTenant);
  }

  /**
   * Says that a node is at work, with so many of its places in use.
   *
   * @return whether it drains: then it takes nothing new
   */
  boolean beat(String node, WorkerProperties properties, int used) {
    var limits = properties.limits();
    return jdbc.sql("""
        insert into worker_node (id, host, version, places, used, per_server, per_tenant, patience_seconds)
        values (:id, :host, :version, :places, :used, :perServer, :perTenant, :patience)
        on conflict (id) do update set used = excluded.used, heard_at = now()
        returning draining_since is not null
        """).param("id", node).param("host", host()).param("version", VERSION).param("places", properties.perNode())
        .param("used", used).param("perServer", limits.perServer()).param("perTenant", limits.perTenant())
        .param("patience", limits.patience().toSeconds()).query(Boolean.class).single();
  }

  /** It has stopped; whoever has been silent for an hour has too, without saying so. */
  void leave(String node) {
    jdbc.sql("delete from worker_node where id = :id or heard_at < now() - interval '1 hour'").param("id", node)
        .update();
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException _) {
      return "unknown";
    }
  }
}
