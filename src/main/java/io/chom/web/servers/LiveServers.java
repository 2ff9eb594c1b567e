package io.chom.web.servers;

import io.chom.accounts.Permission;
import io.chom.servers.ServerId;
import io.chom.servers.ServerTopics;
import io.chom.servers.Servers;
import io.chom.tenancy.TenantId;
import io.chom.web.live.LiveEvent;
import io.chom.web.live.LiveState;
import io.chom.web.live.LiveView;
import io.chom.web.support.Fragments;
import io.chom.web.support.Words;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.springframework.stereotype.Component;

/** Servers as they change. */
@Component
class LiveServers implements LiveView {
  private static final Pattern ONE = Pattern.compile("server:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})");

  private final Servers servers;
  private final ServerPages pages;
  private final Fragments fragments;

  LiveServers(Servers servers, ServerPages pages, Fragments fragments) {
    this.servers = servers;
    this.pages = pages;
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
    var page = pages.page(server, List.of(), words);
    var state = fragments.render("components/badge", "state", words.locale(), Map.of("badge", page.row().state()));
    var list = fragments.render("operations/progress", "latest", words.locale(),
        Map.of("operations", page.operations()));
    var health = fragments.render("servers/health", "health", words.locale(), Map.of("page", page));
    var drift = fragments.render("servers/care", "drift", words.locale(), Map.of("page", page));
    var care = fragments.render("servers/care", "facts", words.locale(), Map.of("page", page));
    return LiveState.lasting(new LiveEvent("server-drift-" + server.id(), drift),
        new LiveEvent("server-care-" + server.id(), care), new LiveEvent("server-state-" + server.id(), state),
        new LiveEvent("server-operations-" + server.id(), list), new LiveEvent("server-health-" + server.id(), health),
        LiveEvent.lookAgain(ServerRows.isNow(server.id(), server.status())));
  }
}
