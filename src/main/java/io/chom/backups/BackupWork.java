package io.chom.backups;

import io.chom.agent.AgentCommand;
import io.chom.live.LiveEvents;
import io.chom.operations.Operation;
import io.chom.operations.OperationRefused;
import io.chom.operations.OperationRun;
import io.chom.servers.ServerCommands;
import io.chom.servers.ServerId;
import io.chom.sites.KnownSite;
import io.chom.sites.KnownSites;
import io.chom.sites.SiteId;
import io.chom.sites.SiteTopics;
import io.chom.tenancy.TenantContext;
import java.time.Clock;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** What every operation on backups does in the same way: ask the server, and settle the rows at the end. */
@Component
class BackupWork {
  /** An operator gave it up, and nobody knows how far it came. */
  static final String OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN";

  /** Before an agent's restore is as far as this, nothing of the site has changed; see agent-protocol.md. */
  private static final int TOUCHING = 32;

  private static final Pattern SUM = Pattern.compile("[0-9a-f]{64}");

  private final ServerCommands servers;
  private final KnownSites sites;
  private final BackupRows rows;
  private final Repositories repositories;
  private final LiveEvents live;
  private final SharedPlaces places;
  private final TransactionTemplate transaction;
  private final Clock clock;
  private final ObjectMapper json;

  BackupWork(ServerCommands servers, KnownSites sites, BackupRows rows, Repositories repositories, LiveEvents live,
      SharedPlaces places, TransactionTemplate transaction, Clock clock, ObjectMapper json) {
    this.servers = servers;
    this.sites = sites;
    this.rows = rows;
    this.repositories = repositories;
    this.live = live;
    this.places = places;
    this.transaction = transaction;
    this.clock = clock;
    this.json = json;
  }

  /** Has the operation's payload carried out as one command of the agent. */
  Map<String, Object> ask(String command, OperationRun run, Map<String, String> secrets) {
    return ask(command, run, secrets, Map.of());
  }

  private Map<String, Object> ask(String command, OperationRun run, Map<String, String> secrets,
      Map<String, ?> more) {
    var operation = run.operation();
    var arguments = new HashMap<>(fields(operation.payload()));
    arguments.remove(BackupOperations.PANEL);
    arguments.putAll(more);
    return fields(servers.carryOut(new ServerId(Objects.requireNonNull(operation.server())),
        new AgentCommand(command, arguments, secrets), run));
  }

  /** As {@link #ask(String, OperationRun, Map)}, with what gets at the backup's repository. */
  Map<String, Object> askWithKey(String command, OperationRun run) {
    var reach = reach(run.operation());
    return askThere(command, run, reach, reach.secrets(), Map.of());
  }

  /** As {@link #askWithKey(String, OperationRun)}, with one secret more. */
  Map<String, Object> askWithKey(String command, OperationRun run, String name, String secret) {
    var reach = reach(run.operation());
    var secrets = new HashMap<>(reach.secrets());
    secrets.put(name, secret);
    return askThere(command, run, reach, secrets, Map.of());
  }

  /**
   * As {@link #askWithKey(String, OperationRun)}, for a removal: what backups that failed may have left goes with it. Which those are is looked
   * up only now, while nothing else is done with the site: one that is asked for once more is none of them. With the last one of a
   * damaged repository all of it may go.
   */
  Map<String, Object> askToRemove(OperationRun run) {
    var backup = BackupOperations.backup(run.operation());
    var more = Objects.requireNonNull(transaction.execute(status -> {
      var all = new HashMap<String, Object>();
      var remains = rows.neverWhole(backup);
      if (!remains.isEmpty()) {
        all.put("backups", remains);
      }
      var ruins = rows.ruins(backup);
      if (ruins.ruined() && ruins.last()) {
        all.put("whole", true);
      }
      return all;
    }));
    var reach = reach(run.operation());
    return askThere("backup:delete", run, reach, reach.secrets(), more);
  }

  /** Whether it is known that a backup, or where it lies, is damaged. */
  boolean inRuins(BackupId id) {
    return Boolean.TRUE.equals(transaction.execute(status -> rows.ruins(id).ruined()));
  }

  private Map<String, Object> askThere(String command, OperationRun run, Reach reach, Map<String, String> secrets,
      Map<String, ?> more) {
    var place = reach.shared();
    if (place == null) {
      return ask(command, run, secrets, more);
    }
    return places.asked(reach,
        () -> place.veiled(ask(command, new WatchedRun(run, percent -> {}, place), secrets, more)));
  }

  private Reach reach(Operation operation) {
    var backup = BackupOperations.backup(operation);
    return Objects.requireNonNull(
        transaction.execute(status -> repositories.reach(rows.source(backup).repository())));
  }

  /** What a server says without saying what it must is not good enough to be believed. */
  static void requireSums(Map<String, Object> answer, String... names) {
    for (String name : names) {
      if (!(answer.get(name) instanceof String text) || !SUM.matcher(text).matches()) {
        throw new OperationRefused("AGENT_ANSWER_INCOMPLETE",
            "The server called it done and did not say what came of it (" + name + ")", null);
      }
    }
  }

  /** Notes on the site that its content is being replaced, before that goes on; what comes of it later is known by that. */
  OperationRun watched(OperationRun run) {
    var tenant = TenantContext.current();
    var site = new SiteId(run.operation().subject().id());
    return new WatchedRun(run, percent -> {
      if (percent >= TOUCHING) {
        // on the channel's thread, which knows no tenant
        TenantContext.runAs(tenant, () -> sites.touched(site));
      }
    }, null);
  }

  /** A time the server named; one that cannot be read is over. */
  Instant time(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException _) {
      return clock.instant();
    }
  }

  List<String> stop(OperationRun run) {
    var left = servers.stop(new ServerId(Objects.requireNonNull(run.operation().server())), run);
    var place = run.operation().payload().has("repository") ? reach(run.operation()).shared() : null;
    return place == null ? left : left.stream().map(place::veiled).distinct().toList();
  }

  void inTransaction(Runnable change) {
    transaction.executeWithoutResult(status -> change.run());
  }

  /** Changes the backup in the transaction that ends its operation; one that was removed stays so. */
  void settle(Operation operation, Consumer<BackupView> change) {
    rows.find(BackupOperations.backup(operation)).filter(one -> one.status() != BackupStatus.EXPIRED)
        .ifPresent(change);
    announce(operation);
  }

  void announce(Operation operation) {
    live.changedAfterCommit(TenantContext.current(), BackupTopics.ALL, SiteTopics.site(operation.subject().id()));
  }

  /** Something about the tenant's places for backups has changed. */
  void announceTargets() {
    live.changedAfterCommit(TenantContext.current(), BackupTopics.TARGETS);
  }

  /** Whatever was being done with the backup is over. */
  void rest(Operation operation, BackupActivity activity) {
    rows.rest(BackupOperations.backup(operation), activity);
    announce(operation);
  }

  /** The site of an operation that is asked for once more, held. */
  KnownSite hold(Operation failed) {
    return sites.hold(new SiteId(failed.subject().id()));
  }

  Map<String, Object> fields(JsonNode object) {
    return json.convertValue(object, new TypeReference<Map<String, Object>>() {
    });
  }
}
