package io.chom.api;

import io.chom.accounts.Permission;
import io.chom.accounts.Requires;
import io.chom.servers.ConnectionView;
import io.chom.servers.PoolView;
import io.chom.servers.ServerConnections;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** How the answering process reaches the servers, for operators. */
@Tag(name = "Servers")
@RestController
@RequestMapping("/api/v1/servers/connections")
@Requires(Permission.FLEET_READ)
class ConnectionsApi {
  private final ServerConnections connections;

  ConnectionsApi(ServerConnections connections) {
    this.connections = connections;
  }

  /** All of one process, as measured at that moment; times are null where nothing was measured. */
  record ConnectionsBody(Instant at, Instant since, int open, int idle, int most, int connecting, int channels,
      int waiting, int givenUp, long logins, long failedLogins, long killed, long evicted,
      @Nullable Double answerMedianMs, @Nullable Double answerP95Ms, long answerWindowSeconds, List<Item> items) {
    static ConnectionsBody of(PoolView pool, List<ConnectionView> servers) {
      return new ConnectionsBody(pool.at(), pool.since(), pool.open(), pool.idle(), pool.most(), pool.connecting(),
          pool.channels(), pool.waiting(), pool.givenUp(), pool.logins(), pool.failedLogins(), pool.killed(),
          pool.evicted(), millis(pool.median()), millis(pool.p95()), pool.window().toSeconds(),
          servers.stream().map(Item::of).toList());
    }

    private static @Nullable Double millis(@Nullable Duration time) {
      return time == null ? null : time.toNanos() / 1e6;
    }
  }

  record Item(UUID serverId, String name, int connections, int mostConnections, int channels, int places, int waiting,
      String circuit, int faults, long nextTryMs, @Nullable Instant heardAt, @Nullable String faultCode,
      @Nullable String fault, @Nullable Instant faultAt) {
    static Item of(ConnectionView one) {
      var fault = one.fault();
      return new Item(one.id().value(), one.name(), one.connections(), one.mostConnections(), one.channels(),
          one.places(), one.waiting(), one.circuit().name(), one.faults(), one.untilNextTry().toMillis(), one.heard(),
          fault == null ? null : fault.code(), fault == null ? null : fault.message(),
          fault == null ? null : fault.at());
    }
  }

  @Operation(summary = "The answering process's SSH connections", description = "Each process has connections of its own; another may answer the next request.")
  @GetMapping
  ConnectionsBody list() {
    return ConnectionsBody.of(connections.pool(), connections.list());
  }
}
