package io.chom.web.servers;

import io.chom.accounts.Permission;
import io.chom.operations.Operations;
import io.chom.servers.ServerId;
import io.chom.servers.ServerTopics;
import io.chom.servers.Servers;
import io.chom.tenancy.TenantId;
import io.chom.web.live.LiveEvent;
import io.chom.web.live.LiveState;
import io.chom.web.live.LiveView;
import io.chom.web.operations.OperationLines;
import io.chom.web.support.Fragments;
import io.chom.web.support.Words;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.springframework.stereotype.Component;

/** Servers as they change. */
@Component
class LiveServers implements LiveView {
  private static final Pattern ONE = Pattern.compile("server:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})");
  private static final int OPERATIONS = 5;

  private final Servers servers;
  private final Operations operations;
  private final Fragments fragments;

  LiveServers(Servers servers, Operations operations, Fragments fragments) {
    this.servers = servers;
    this.operations = operations;
    this.fragments = fragments;
  }

  @Override
  public boolean knows(String topic) {
    return topic.equals(ServerTopics.ALL) || ONE.matcher(topic).matches();
  }

  @Override
  public TenantId owner(TenantId current) {
    return TenantId.PLATFORM;
  }

  @Override
  public Permission needs() {
    return Permission.FLEET_READ;
  }

  @Override
  public LiveState look(String topic, boolean changed, Words words) {
    var one = ONE.matcher(topic);
    if (!one.matches()) {
      return changed ? LiveState.lasting(LiveEvent.lookAgain(ServerTopics.ALL)) : LiveState.lasting();
    }
    var server = servers.get(new ServerId(UUID.fromString(one.group(1))));
    var state = fragments.render("components/badge", "state", words.locale(),
        Map.of("badge", ServerRows.state(server.status(), words)));
    var latest = OperationLines.of(operations.page(null, server.id().value(), null, OPERATIONS), words);
    var list = fragments.render("operations/progress", "latest", words.locale(), Map.of("operations", latest));
    return LiveState.lasting(new LiveEvent("server-state-" + server.id(), state),
        new LiveEvent("server-operations-" + server.id(), list));
  }
}
