package io.chom.servers;

import io.chom.common.Uuid7;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/**
 * Divides the servers among the panels that are alive: each server belongs to the one with the highest hash of both, so
 * that a panel that comes or goes moves only its own share. A panel whose own network is bad looks after nothing while
 * another one can.
 */
@Service
public class WatchRing {
  private final JdbcClient jdbc;
  private final OwnNetwork network;
  private final Duration patience;
  private final String node;
  private volatile List<String> able = List.of();
  private volatile List<String> alive = List.of();

  @org.springframework.beans.factory.annotation.Autowired
  WatchRing(JdbcClient jdbc, OwnNetwork network, ServersProperties properties) {
    this(jdbc, network, properties.probeEvery().dividedBy(2), Uuid7.next().toString());
  }

  WatchRing(JdbcClient jdbc, OwnNetwork network, Duration patience, String node) {
    this.jdbc = jdbc;
    this.network = network;
    this.patience = patience;
    this.node = node;
  }

  private record Node(String id, boolean bad) {}

  /** Says that this node lives and how its network is, and learns who else does. */
  @Transactional
  public void beat() {
    var finding = network.finding();
    var badSince = finding.badSince();
    jdbc.sql("""
        insert into watch_node (id, host, bad_since, unreached, watched)
        values (:id, :host, :bad, :unreached, :watched)
        on conflict (id) do update set heard_at = now(), bad_since = excluded.bad_since,
          unreached = excluded.unreached, watched = excluded.watched
        """).param("id", node).param("host", host())
        .param("bad", badSince == null ? null : Timestamp.from(badSince), Types.TIMESTAMP)
        .param("unreached", finding.unreached()).param("watched", finding.watched()).update();
    jdbc.sql("delete from watch_node where heard_at < now() - interval '1 day'").update();
    var nodes = jdbc
        .sql("select id, bad_since is not null as bad from watch_node where heard_at > now() - cast(:p as interval)")
        .param("p", patience.toMillis() + " milliseconds")
        .query((row, n) -> new Node(row.getString("id"), row.getBoolean("bad"))).list();
    alive = nodes.stream().map(Node::id).toList();
    able = nodes.stream().filter(one -> !one.bad()).map(Node::id).toList();
  }

  /** Whether this node is to look after a server now. */
  public boolean mine(ServerId server) {
    // where every network is bad nobody is better than the others
    return chosen(server, able.isEmpty() ? alive : able);
  }

  /** Whether others look after this node's servers, because its network is bad. */
  public boolean relieved() {
    return !able.isEmpty() && !able.contains(node);
  }

  /** Whether this node would look after a server if its network were good. */
  public boolean wouldBeMine(ServerId server) {
    return chosen(server, alive);
  }

  /** The others take its servers over at once. */
  @Transactional
  public void leave() {
    jdbc.sql("delete from watch_node where id = :id").param("id", node).update();
  }

  /** Panels that are alive and reach next to nothing. */
  @Transactional(readOnly = true)
  public List<CutOff> cutOff() {
    return jdbc.sql("""
        select host, bad_since, unreached, watched from watch_node
        where bad_since is not null and heard_at > now() - cast(:patience as interval) order by host, id
        """).param("patience", patience.toMillis() + " milliseconds")
        .query((row, n) -> new CutOff(row.getString("host"), row.getTimestamp("bad_since").toInstant(),
            row.getInt("unreached"), row.getInt("watched")))
        .list();
  }

  private boolean chosen(ServerId server, Collection<String> nodes) {
    return nodes.stream().max(Comparator.comparingLong((String one) -> weight(one, server.value()))
        .thenComparing(Comparator.naturalOrder())).filter(node::equals).isPresent();
  }

  private static long weight(String node, UUID server) {
    var sum = new CRC32C();
    sum.update((node + server).getBytes(StandardCharsets.US_ASCII));
    // a checksum is linear: without more mixing the same node would win for half of all servers
    long mixed = sum.getValue() * 0x9e3779b97f4a7c15L ^ server.getLeastSignificantBits() * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ mixed >>> 30) * 0x94d049bb133111ebL;
    return (mixed ^ mixed >>> 31) >>> 1;
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "?";
    }
  }
}
