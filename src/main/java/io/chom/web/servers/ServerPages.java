package io.chom.web.servers;

import io.chom.operations.Operations;
import io.chom.servers.FailingLayer;
import io.chom.servers.FleetNotice;
import io.chom.servers.ServerFilter;
import io.chom.servers.ServerId;
import io.chom.servers.ServerStatus;
import io.chom.servers.ServerTopics;
import io.chom.servers.ServerView;
import io.chom.servers.Servers;
import io.chom.servers.WatchRing;
import io.chom.web.operations.OperationLines;
import io.chom.web.support.Addresses;
import io.chom.web.support.Badge;
import io.chom.web.support.Choice;
import io.chom.web.support.Figure;
import io.chom.web.support.Words;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/** Assembles the pages about servers. */
@Component
class ServerPages {
  private static final int PAGE = 50;
  private static final int OPERATIONS = 5;
  private static final int FORMER = 20;
  private static final long BYTES_PER_MB = 1024L * 1024;

  private final Servers servers;
  private final Operations operations;
  private final ConnectionPages connections;
  private final CarePages care;
  private final WatchRing ring;
  private final ObjectProvider<FleetNotice> notices;

  ServerPages(Servers servers, Operations operations, ConnectionPages connections, CarePages care, WatchRing ring,
      ObjectProvider<FleetNotice> notices) {
    this.servers = servers;
    this.operations = operations;
    this.connections = connections;
    this.care = care;
    this.ring = ring;
    this.notices = notices;
  }

  ServerList list(@Nullable String search, @Nullable ServerStatus status, @Nullable UUID before, Words words) {
    String query = search == null ? "" : search.strip();
    var read = servers.page(new ServerFilter(query.isEmpty() ? null : query, status,
        before == null ? null : new ServerId(before), PAGE + 1));
    var addresses = Addresses.of("/servers", before).with("q", query).with("status",
        status == null ? null : status.name());
    return new ServerList(
        read.stream().limit(PAGE).map(server -> ServerRows.of(server, words)).toList(), query, choices(status, words),
        addresses.pager(read, PAGE, ServerView::id), addresses.here(),
        read.isEmpty() && query.isEmpty() && status == null && before == null,
        servers.former(FORMER).stream().map(server -> ServerRows.of(server, words)).toList(),
        notices.stream().flatMap(notice -> notice.notice().stream()).toList(),
        ring.cutOff().stream().map(one -> words.say("servers.cut-off", one.host(), one.unreached(), one.watched(),
            words.moment(one.since()).relative())).toList(),
        servers.upgradable() ? "/servers/upgrade" : null);
  }

  private static List<Choice> choices(@Nullable ServerStatus chosen, Words words) {
    return Arrays.stream(ServerStatus.values()).filter(status -> status != ServerStatus.DECOMMISSIONED)
        .map(status -> new Choice(status.name(), words.say("server.status." + status), status == chosen)).toList();
  }

  /** @param faults what was wrong with the form that approved a changed key */
  ServerPage page(ServerView server, List<String> faults, Words words) {
    return page(server, faults, List.of(), words);
  }

  /** @param careFaults what was wrong with a form about the server itself */
  ServerPage page(ServerView server, List<String> faults, List<String> careFaults, Words words) {
    var layer = server.failingLayer();
    return new ServerPage(ServerRows.of(server, words), ServerTopics.server(server.id()), turns(server),
        layer == null ? null : words.say("server.trouble." + layer + ".advice"),
        server.hostKeyAlgorithm() + " " + server.hostKey(), server.offeredHostKey(),
        "/servers/" + server.id() + "/host-key", faults, layers(server, words), figures(server, words),
        server.phpVersions().isEmpty() ? words.say("server.php.none") : String.join(", ", server.phpVersions()),
        OperationLines.of(operations.page(null, server.id().value(), null, OPERATIONS), words),
        connections.of(server.id(), words), connections.now(words),
        server.preparable() ? "/servers/" + server.id() + "/prepare" : null, enrolHref(server),
        care.of(server, careFaults, words));
  }

  /** Every other status. */
  private static String turns(ServerView server) {
    return Arrays.stream(ServerStatus.values()).filter(status -> status != server.status())
        .map(status -> "sse:" + ServerRows.isNow(server.id(), status)).collect(Collectors.joining(", "));
  }

  private static @Nullable String enrolHref(ServerView server) {
    return server.enrollable()
        ? Addresses.of("/servers/enrol", null).with("host", server.host()).with("port", String.valueOf(server.port()))
            .here()
        : null;
  }

  /** How far one gets: everything before the failing layer answers, nothing after it was reached. */
  private static List<ServerPage.Layer> layers(ServerView server, Words words) {
    var layers = new ArrayList<ServerPage.Layer>();
    if (server.healthAt() == null) {
      return layers;
    }
    var failing = server.failingLayer();
    for (var layer : FailingLayer.values()) {
      int place = failing == null ? -1 : layer.compareTo(failing);
      layers.add(new ServerPage.Layer(words.say("server.layer." + layer), answer(place, words)));
    }
    return layers;
  }

  private static Badge answer(int place, Words words) {
    if (place == 0) {
      return new Badge("bad", words.say("server.layer.failed"));
    }
    return place < 0
        ? new Badge("ok", words.say("server.layer.ok"))
        : new Badge("quiet", words.say("server.layer.unknown"));
  }

  private static List<Figure> figures(ServerView server, Words words) {
    var figures = new ArrayList<Figure>();
    var health = server.health();
    if (health == null || server.healthAt() == null) {
      return figures;
    }
    var disk = health.path("disk");
    figures.add(figure("server.disk", used(disk.path("used").asLong(), disk.path("total").asLong(), words), words));
    var memory = health.path("memory");
    long total = memory.path("total").asLong();
    figures.add(figure("server.memory", used(total - memory.path("available").asLong(), total, words), words));
    var load = new ArrayList<String>();
    health.path("load").forEach(value -> load.add(String.format(words.locale(), "%.2f", value.asDouble())));
    figures.add(figure("server.load", String.join(" · ", load), words));
    health.path("services").properties()
        .forEach(service -> figures.add(new Figure("", service.getKey(), words
            .sayOr("server.service." + service.getValue().asString(), service.getValue().asString()), "")));
    return figures;
  }

  private static String used(long used, long total, Words words) {
    return words.say("servers.sites.of", words.megabytes(used / BYTES_PER_MB), words.megabytes(total / BYTES_PER_MB));
  }

  private static Figure figure(String key, String value, Words words) {
    return new Figure("", words.say(key), value, "");
  }
}
