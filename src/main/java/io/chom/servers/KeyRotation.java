package io.chom.servers;

import io.chom.audit.Audit;
import io.chom.common.Actor;
import io.chom.live.LiveEvents;
import io.chom.operations.Lane;
import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.Operations;
import io.chom.operations.Subject;
import io.chom.tenancy.TenantContext;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/** Has the key by which the panel logs in to a server exchanged: when an operator asks for it, and when it is old. */
@Service
public class KeyRotation {
  /** A try that failed is not made again before that. */
  private static final Duration PAUSE = Duration.ofHours(24);
  private static final int RECENT = 20;

  private final ServerRows rows;
  private final Operations operations;
  private final Audit audit;
  private final LiveEvents live;
  private final ServersProperties properties;
  private final Clock clock;

  KeyRotation(ServerRows rows, Operations operations, Audit audit, LiveEvents live, ServersProperties properties,
      Clock clock) {
    this.rows = rows;
    this.operations = operations;
    this.audit = audit;
    this.live = live;
    this.properties = properties;
    this.clock = clock;
  }

  /** How old a key gets. */
  public Duration every() {
    return properties.rotateEvery();
  }

  /**
   * Requests the operation {@code server.rotate-key}.
   *
   * @throws ServerNotFound there is none by that id for this tenant
   * @throws ServerRefused its key is being exchanged, or it cannot be spoken to
   */
  @Transactional
  public Operation request(ServerId server, Actor actor) {
    var row = rows.lock(server).orElseThrow(() -> new ServerNotFound(server));
    if (!row.tended()) {
      throw new ServerRefused("SERVER_NOT_IN_SERVICE",
          "The key of a server can be exchanged while it is ready or in maintenance; it is " + row.status() + ".");
    }
    if (last(server).filter(operation -> !operation.status().ended()).isPresent()) {
      throw new ServerRefused("KEY_ROTATION_RUNNING", "The key is being exchanged already. See the operations.");
    }
    return ask(row, Lane.INTERACTIVE, actor);
  }

  /** As a clock asks: only if the key is old enough and no try of the last day failed. */
  @Transactional
  public void requestIfDue(ServerId server) {
    rows.lock(server).filter(row -> row.status() == ServerStatus.READY && row.tended() && row.failingLayer() == null)
        .filter(row -> !row.upkeep().keySince().plus(properties.rotateEvery()).isAfter(clock.instant()))
        .filter(row -> last(server).filter(this::tooSoon).isEmpty())
        .ifPresent(row -> ask(row, Lane.SCHEDULED, Actor.PANEL));
  }

  private boolean tooSoon(Operation before) {
    return !before.status().ended() || before.createdAt().plus(PAUSE).isAfter(clock.instant());
  }

  private Optional<Operation> last(ServerId server) {
    return operations.page(null, server.value(), null, RECENT).stream()
        .filter(operation -> operation.type().equals(RotateKey.TYPE)).findFirst();
  }

  private Operation ask(ServerRow row, Lane lane, Actor actor) {
    var operation = operations.request(new NewOperation(RotateKey.TYPE,
        new Subject("server", row.id().value(), row.name()), row.id().value(), lane, Map.of(), null), actor);
    audit.record(actor, "server.key.rotate", "server", row.id().value(), row.name(), Map.of("key", row.keyId()));
    live.changedAfterCommit(TenantContext.current(), ServerTopics.ALL, ServerTopics.server(row.id()));
    return operation;
  }
}
