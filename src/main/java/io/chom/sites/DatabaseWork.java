package io.chom.sites;

import io.chom.agent.AgentCommand;
import io.chom.live.LiveEvents;
import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationRefused;
import io.chom.operations.OperationRun;
import io.chom.servers.ServerCommands;
import io.chom.servers.ServerId;
import io.chom.tenancy.TenantContext;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** What both operations on databases do in the same way: ask the site's server, and settle the row at the end. */
@Component
class DatabaseWork {
  private final ServerCommands servers;
  private final SiteRepository sites;
  private final DatabaseRows rows;
  private final LiveEvents live;
  private final TransactionTemplate transaction;
  private final ObjectMapper json;

  DatabaseWork(ServerCommands servers, SiteRepository sites, DatabaseRows rows, LiveEvents live,
      TransactionTemplate transaction, ObjectMapper json) {
    this.servers = servers;
    this.sites = sites;
    this.rows = rows;
    this.live = live;
    this.transaction = transaction;
    this.json = json;
  }

  /** Has the operation's payload carried out as one command of the agent. */
  Map<String, Object> ask(String command, OperationRun run, Map<String, String> secrets) {
    var operation = run.operation();
    var arguments = new HashMap<>(fields(operation.payload()));
    arguments.remove(SiteOperations.WAS);
    arguments.remove(DatabaseOperations.DATABASE);
    var answer = fields(servers.carryOut(new ServerId(Objects.requireNonNull(operation.server())),
        new AgentCommand(command, arguments, secrets), run));
    if (command.equals("database:create") && answer.get("skipped") instanceof List<?> skipped
        && skipped.contains("mariadb")) {
      throw new OperationRefused("SERVICE_MISSING",
          "This server runs without MariaDB, as the demo server does: no database was made", null);
    }
    return answer;
  }

  /** The password that the operation is to set. */
  Optional<String> password(Operation operation) {
    return Objects.requireNonNull(
        transaction.execute(status -> rows.password(DatabaseOperations.database(operation))));
  }

  List<String> stop(OperationRun run) {
    return servers.stop(new ServerId(Objects.requireNonNull(run.operation().server())), run);
  }

  /** Changes the row in the transaction that ends its operation; one that went with its site stays gone. */
  void settle(Operation operation, Consumer<DatabaseView> change) {
    rows.find(DatabaseOperations.database(operation)).filter(one -> one.status() != DatabaseStatus.DROPPED)
        .ifPresent(change);
    announce(operation);
  }

  void become(DatabaseView database, DatabaseStatus next) {
    rows.become(database, next, null);
  }

  /** The new password was never set, so nobody is to be shown it. */
  void keepsItsPassword(DatabaseView database) {
    rows.forgetPassword(database.id());
    rows.become(database, DatabaseStatus.ACTIVE, null);
  }

  void fail(DatabaseView database, String sentence) {
    rows.become(database, DatabaseStatus.FAILED, sentence);
  }

  /**
   * Lets a failed change be asked for once more.
   *
   * @throws DatabaseRefused the database's present status does not allow it
   */
  NewOperation again(Operation failed, DatabaseStatus next, BiFunction<Site, DatabaseView, NewOperation> wanted) {
    var id = DatabaseOperations.database(failed);
    var site = sites.lock(failed.subject().id()).orElseThrow(() -> new DatabaseNotFound(id));
    var database = rows.find(id).orElseThrow(() -> new DatabaseNotFound(id));
    rows.become(database, next, null);
    announce(failed);
    return wanted.apply(site, database);
  }

  private void announce(Operation operation) {
    live.changedAfterCommit(TenantContext.current(), SiteTopics.site(operation.subject().id()));
  }

  private Map<String, Object> fields(JsonNode object) {
    return json.convertValue(object, new TypeReference<Map<String, Object>>() {
    });
  }
}
