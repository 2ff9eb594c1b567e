package io.chom.backups;

import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationHandler;
import io.chom.operations.OperationRefused;
import io.chom.operations.OperationRun;
import io.chom.operations.OperationType;
import io.chom.servers.ServerId;
import io.chom.servers.Servers;
import io.chom.tenancy.TenantContext;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;

/** Has a server keep backups for others: a login that can do nothing but SFTP, and sees nothing but its directory. */
@Component
class MakeDepot implements OperationHandler {
  private final BackupWork work;
  private final TargetRows rows;
  private final Servers servers;
  private final ApplicationEventPublisher events;

  MakeDepot(BackupWork work, TargetRows rows, Servers servers, ApplicationEventPublisher events) {
    this.work = work;
    this.rows = rows;
    this.servers = servers;
    this.events = events;
  }

  @Override
  public OperationType type() {
    return TargetOperations.CREATE;
  }

  @Override
  public Map<String, Object> carryOut(OperationRun run) {
    var answer = work.ask("depot:create", run, Map.of());
    var key = answer.get("host_keys") instanceof List<?> keys ? hostKey(keys) : null;
    if (key == null || !(answer.get("login") instanceof String login)
        || !(answer.get("directory") instanceof String directory) || !(answer.get("port") instanceof Number port)) {
      throw incomplete(null);
    }
    var host = host(new ServerId(Objects.requireNonNull(run.operation().server())));
    try {
      // judged like one that was typed: what a server says goes no further than what a person may say
      var address = TargetAddress.parse(TargetKind.SFTP, "sftp://" + login + "@"
          + (host.contains(":") ? "[" + host + "]" : host) + ":" + port.intValue() + "/" + directory
              .replaceAll("^/+|/+$", ""));
      return Map.of("location", address.location(), "host_key", key);
    } catch (TargetRefused e) {
      throw incomplete(e);
    }
  }

  private static OperationRefused incomplete(@Nullable TargetRefused cause) {
    return new OperationRefused("AGENT_ANSWER_INCOMPLETE",
        "The server called it done and did not say how to get there", cause);
  }

  private static @Nullable String hostKey(List<?> keys) {
    var lines = keys.stream().map(String::valueOf).filter(TargetReach::isHostKey).toList();
    return lines.stream().filter(key -> key.startsWith("ssh-ed25519 ")).findFirst()
        .orElse(lines.isEmpty() ? null : lines.getFirst());
  }

  private String host(ServerId server) {
    return TargetRows.atHome() ? servers.get(server).host() : servers.ofTenant(server).publicHost();
  }

  @Override
  public void whenSucceeded(Operation operation, JsonNode result) {
    rows.made(TargetOperations.target(operation), result.path("location").asString(),
        result.path("host_key").asString());
    work.announceTargets();
    events.publishEvent(
        new TargetMade(TenantContext.current(), new TargetId(TargetOperations.target(operation))));
  }

  @Override
  public void whenFailed(Operation operation, String code, String message) {
    rows.notReached(TargetOperations.target(operation), message);
    work.announceTargets();
  }

  @Override
  public boolean repeatable() {
    return true;
  }

  @Override
  public String right(Operation operation) {
    return "backups:schedule";
  }

  @Override
  public NewOperation repeat(Operation failed) {
    var id = TargetOperations.target(failed);
    var target = rows.lock(id).orElseThrow(() -> new TargetNotFound(new TargetId(id)));
    if (target.status() != TargetStatus.NEW) {
      throw new TargetRefused(TargetRefused.Reason.TARGET_NOT_READY, "target");
    }
    return TargetOperations.create(target);
  }

  @Override
  public boolean stoppable() {
    return true;
  }

  @Override
  public List<String> stop(OperationRun run) {
    return work.stop(run);
  }

  @Override
  public void whenCancelled(Operation operation, boolean begun) {
    rows.notReached(TargetOperations.target(operation), "It was cancelled.");
    work.announceTargets();
  }
}
