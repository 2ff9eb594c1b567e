package io.chom.sites;

import io.chom.agent.AgentCommand;
import io.chom.live.LiveEvents;
import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationRun;
import io.chom.servers.ServerCommands;
import io.chom.servers.ServerId;
import io.chom.tenancy.TenantContext;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import org.springframework.stereotype.Component;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** What every operation on a site does in the same way: ask the site's server, and settle the site at the end. */
@Component
class SiteWork {
  private final ServerCommands servers;
  private final SiteRepository sites;
  private final LiveEvents live;
  private final Clock clock;
  private final ObjectMapper json;

  SiteWork(ServerCommands servers, SiteRepository sites, LiveEvents live, Clock clock, ObjectMapper json) {
    this.servers = servers;
    this.sites = sites;
    this.live = live;
    this.clock = clock;
    this.json = json;
  }

  /** Has the operation's payload carried out as one command of the agent. */
  Map<String, Object> ask(String command, OperationRun run) {
    var operation = run.operation();
    var arguments = new HashMap<>(fields(operation.payload()));
    arguments.remove(SiteOperations.WAS);
    var answer = servers.carryOut(new ServerId(Objects.requireNonNull(operation.server())),
        new AgentCommand(command, arguments, Map.of()), run);
    return fields(answer);
  }

  /** Has the work stopped on its server, and answers what of it is there. */
  List<String> stop(OperationRun run) {
    return servers.stop(new ServerId(Objects.requireNonNull(run.operation().server())), run);
  }

  private Map<String, Object> fields(JsonNode object) {
    return json.convertValue(object, new TypeReference<Map<String, Object>>() {
    });
  }

  /**
   * Lets a failed change of the site be asked for once more.
   *
   * @throws SiteRefused the site's present status does not allow it
   */
  NewOperation again(Operation failed, SiteStatus next, BiFunction<Site, SiteStatus, NewOperation> wanted) {
    var site = sites.lock(failed.subject().id()).filter(one -> one.status() != SiteStatus.DELETED)
        .orElseThrow(() -> new SiteNotFound(new SiteId(failed.subject().id())));
    var was = site.status();
    site.become(next, clock.instant());
    sites.save(site);
    live.changedAfterCommit(TenantContext.current(), SiteTopics.ALL, SiteTopics.site(site.id()));
    return wanted.apply(site, was);
  }

  /** Changes the site in the transaction that ends its operation. */
  void settle(Operation operation, BiConsumer<Site, Instant> change) {
    sites.lock(operation.subject().id()).ifPresent(site -> {
      change.accept(site, clock.instant());
      sites.save(site);
    });
    live.changedAfterCommit(TenantContext.current(), SiteTopics.ALL, SiteTopics.site(operation.subject().id()));
  }
}
