package io.chom.api;

import io.chom.accounts.Caller;
import io.chom.accounts.Permission;
import io.chom.accounts.Requires;
import io.chom.operations.Queue;
import io.chom.operations.QueueScope;
import io.chom.operations.QueueView;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Everybody's queue, for operators. */
@Tag(name = "Queue")
@RestController
@RequestMapping("/api/v1/queue")
class QueueApi {
  private final Queue queue;

  QueueApi(Queue queue) {
    this.queue = queue;
  }

  /** @param oldestSeconds for how long the first of those that wait has waited */
  record ShareBody(@Nullable String key, @Nullable String name, long waiting, long running,
      @Nullable Long oldestSeconds) {
    static ShareBody of(QueueView.Share share) {
      Duration oldest = share.oldest();
      return new ShareBody(share.key(), share.name(), share.waiting(), share.running(),
          oldest == null ? null : oldest.toSeconds());
    }
  }

  record EntryBody(UUID id, UUID tenantId, String tenantName, String type, String subject, @Nullable UUID serverId,
      @Nullable String serverName, String lane, String status, int attempt, Instant createdAt,
      @Nullable Instant startedAt, @Nullable Instant nextTryAt, @Nullable Instant waitingSince, @Nullable String node,
      @Nullable Instant leaseUntil, @Nullable String waitsFor, @Nullable Long placeInLine) {
    static EntryBody of(QueueView.Entry entry) {
      var place = entry.place();
      return new EntryBody(entry.id().value(), entry.tenant(), entry.tenantName(), entry.type().value(),
          entry.subject(), entry.server(), entry.serverName(), entry.lane().word(), entry.status().name(),
          entry.attempt(), entry.createdAt(), entry.startedAt(), entry.nextTryAt(), entry.waitingSince(), entry.owner(),
          entry.leaseUntil(), place == null ? null : place.reason().name(),
          place == null || place.number() == 0 ? null : place.number());
    }
  }

  record PauseBody(String scope, @Nullable String name, String reason, String pausedBy, Instant pausedAt) {
    static PauseBody of(QueueView.Pause pause) {
      return new PauseBody(pause.scope().value(), pause.name(), pause.reason(), pause.by(), pause.at());
    }
  }

  /**
   * @param waiting those that are taken next, in that order; at most 50
   * @param running at most 200
   * @param unheardBells null while Redis is away, when workers look into the table instead
   */
  record QueueBody(ShareBody all, List<ShareBody> lanes, List<ShareBody> servers, List<ShareBody> tenants,
      List<EntryBody> waiting, List<EntryBody> running, List<QueueView.Node> nodes, List<PauseBody> pauses,
      @Nullable Long unheardBells) {
    static QueueBody of(QueueView queue) {
      return new QueueBody(ShareBody.of(queue.all()), shares(queue.lanes()), shares(queue.servers()),
          shares(queue.tenants()), entries(queue.waiting()), entries(queue.running()), queue.nodes(),
          queue.pauses().stream().map(PauseBody::of).toList(), queue.unheardBells());
    }

    private static List<ShareBody> shares(List<QueueView.Share> shares) {
      return shares.stream().map(ShareBody::of).toList();
    }

    private static List<EntryBody> entries(List<QueueView.Entry> entries) {
      return entries.stream().map(EntryBody::of).toList();
    }
  }

  /** @param scope {@code all}, {@code lane:interactive}, {@code lane:scheduled} or {@code server:<id>} */
  record PauseWanted(@NotNull @Size(max = 60) String scope, @Nullable @Size(max = 200) String reason) {}

  record ResumeWanted(@NotNull @Size(max = 60) String scope) {}

  @Operation(summary = "The queue as it is now")
  @GetMapping
  @Requires(Permission.FLEET_READ)
  QueueBody now(Caller caller) {
    return QueueBody.of(queue.now(caller.user().userId()));
  }

  @Operation(summary = "Take nothing new from the queue", description = "All of it, a lane or a server. What was begun goes on; who waits is told.")
  @PostMapping("/pause")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  @Requires(Permission.FLEET_WRITE)
  void pause(@RequestBody @Valid PauseWanted wanted, Caller caller) {
    queue.pause(new QueueScope(wanted.scope()), wanted.reason() == null ? "" : wanted.reason(), caller.actor());
  }

  @Operation(summary = "Let a paused part of the queue go on")
  @PostMapping("/resume")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  @Requires(Permission.FLEET_WRITE)
  void resume(@RequestBody @Valid ResumeWanted wanted, Caller caller) {
    queue.resume(new QueueScope(wanted.scope()), caller.actor());
  }

  @Operation(summary = "Drain a node", description = "It takes nothing new and ends what it has, before it is stopped for maintenance.")
  @PostMapping("/nodes/{node}/drain")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  @Requires(Permission.FLEET_WRITE)
  void drain(@PathVariable UUID node, Caller caller) {
    queue.drain(node.toString(), caller.actor());
  }

  @Operation(summary = "Let a drained node work again")
  @PostMapping("/nodes/{node}/undrain")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  @Requires(Permission.FLEET_WRITE)
  void undrain(@PathVariable UUID node, Caller caller) {
    queue.undrain(node.toString(), caller.actor());
  }
}
