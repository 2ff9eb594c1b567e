package io.chom.servers;

import io.chom.agent.Agent;
import io.chom.ssh.SshFault;
import io.chom.ssh.SshPool;
import io.chom.ssh.SshServerStats;
import java.lang.management.ManagementFactory;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/** How this process reaches the servers: what it holds to them now, measured, and nothing of other processes. */
@Service
public class ServerConnections {
  private final SshPool pool;
  private final Agent agent;
  private final ServerRows rows;
  private final Clock clock;

  ServerConnections(SshPool pool, Agent agent, ServerRows rows, ObjectProvider<Clock> clock) {
    this.pool = pool;
    this.agent = agent;
    this.rows = rows;
    this.clock = clock.getIfAvailable(Clock::systemUTC);
  }

  /** The moment to which everything here belongs that is asked for now. */
  public Instant now() {
    return clock.instant();
  }

  public PoolView pool() {
    var stats = pool.stats();
    var answers = agent.answers();
    return new PoolView(clock.instant(), Instant.ofEpochMilli(ManagementFactory.getRuntimeMXBean().getStartTime()),
        stats.open(), stats.idle(), stats.most(), stats.connecting(), stats.channels(), stats.waiting(),
        stats.circuitsOpen(), stats.logins(), stats.failedLogins(), stats.killed(), stats.evicted(), answers.median(),
        answers.p95(), answers.window());
  }

  /** Each server of the current tenant (the platform, for operators), by name. */
  @Transactional(readOnly = true)
  public List<ConnectionView> list() {
    var measured = pool.servers();
    return rows.all().stream().map(row -> view(row, measured)).toList();
  }

  /**
   * One server of the current tenant (the platform, for operators).
   *
   * @throws ServerNotFound there is none by that id for this tenant
   */
  @Transactional(readOnly = true)
  public ConnectionView of(ServerId server) {
    return view(rows.find(server).orElseThrow(() -> new ServerNotFound(server)), pool.servers());
  }

  private static ConnectionView view(ServerRow row, List<SshServerStats> measured) {
    return measured.stream().filter(one -> isOf(row, one)).findFirst().map(one -> new ConnectionView(row.id(),
        row.name(), one.connections(), one.most(), one.channels(), one.places(), one.waiting(),
        switch (one.circuit()) {
          case CLOSED -> ConnectionView.Circuit.CLOSED;
          case OPEN -> ConnectionView.Circuit.OPEN;
          case HALF_OPEN -> ConnectionView.Circuit.HALF_OPEN;
        }, one.faults(), one.untilNextTry(), one.heard(), fault(one.lastFault())))
        .orElseGet(() -> ConnectionView.none(row.id(), row.name()));
  }

  /** Not an earlier enrolment's, whose key is another. */
  private static boolean isOf(ServerRow row, SshServerStats one) {
    return one.port() == row.port() && one.host().equals(row.host()) && one.user().equals(row.loginUser())
        && row.keyId().equals(one.keyId());
  }

  private static ConnectionView.@Nullable Fault fault(@Nullable SshFault fault) {
    return fault == null ? null : new ConnectionView.Fault(fault.code(), fault.message(), fault.at());
  }
}
