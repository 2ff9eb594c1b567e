package io.chom.web.queue;

import io.chom.accounts.Caller;
import io.chom.operations.Lane;
import io.chom.operations.OperationStatus;
import io.chom.operations.QueueScope;
import io.chom.operations.QueueView;
import io.chom.operations.QueueView.Entry;
import io.chom.operations.QueueView.Node;
import io.chom.operations.QueueView.Pause;
import io.chom.operations.QueueView.Share;
import io.chom.servers.Servers;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import io.chom.web.queue.QueuePage.EntryRow;
import io.chom.web.queue.QueuePage.NodeRow;
import io.chom.web.queue.QueuePage.Paused;
import io.chom.web.queue.QueuePage.ShareRow;
import io.chom.web.support.Badge;
import io.chom.web.support.Choice;
import io.chom.web.support.Figure;
import io.chom.web.support.Words;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Puts the queue into words. */
@Component
class QueuePages {
  private final Servers servers;

  QueuePages(Servers servers) {
    this.servers = servers;
  }

  QueuePage page(QueueView queue, Caller caller, List<String> faults, Words words) {
    var paused = queue.pauses().stream().map(pause -> pause.scope().value()).collect(Collectors.toSet());
    long left = queue.all().waiting() - queue.waiting().size();
    return new QueuePage(figures(queue, words),
        queue.pauses().stream().map(pause -> paused(pause, words)).toList(), lanes(queue, paused, words),
        queue.servers().stream().map(share -> server(share, paused, words)).toList(),
        queue.tenants().stream()
            .map(share -> row(share, Objects.requireNonNullElse(share.name(), ""), null, paused, words))
            .toList(),
        queue.running().stream().map(entry -> entry(entry, caller, words)).toList(),
        queue.waiting().stream().map(entry -> entry(entry, caller, words)).toList(),
        left > 0 ? words.say("queue.more", left) : null,
        queue.nodes().stream().map(node -> node(node, words)).toList(), scopes(paused, words), faults);
  }

  private static List<Figure> figures(QueueView queue, Words words) {
    int places = queue.nodes().stream().filter(node -> !node.silent()).mapToInt(Node::places).sum();
    int used = queue.nodes().stream().filter(node -> !node.silent()).mapToInt(Node::used).sum();
    var lag = queue.unheardBells();
    return List.of(
        new Figure("hourglass", words.say("queue.figure.waiting"), words.count(queue.all().waiting()),
            oldest(queue.all().oldest(), words)),
        new Figure("activity", words.say("queue.figure.running"), words.count(queue.all().running()),
            words.say("queue.figure.running.note")),
        new Figure("stack-2", words.say("queue.figure.places"), words.say("queue.places", used, places),
            words.say("queue.figure.places.note", queue.nodes().size())),
        new Figure("bolt", words.say("queue.figure.bells"),
            lag == null ? words.say("queue.bells.away") : words.count(lag),
            words.say(lag == null ? "queue.figure.bells.away" : "queue.figure.bells.note")));
  }

  private static String oldest(@Nullable Duration oldest, Words words) {
    return oldest == null ? words.say("queue.oldest.none") : words.say("queue.oldest", words.duration(oldest));
  }

  private static Paused paused(Pause pause, Words words) {
    var text = words.say("queue.paused.by", pause.by(), words.moment(pause.at()).relative());
    return new Paused(pause.scope().value(), words.say("queue.paused", scope(pause.scope(), pause.name(), words)),
        pause.reason().isEmpty() ? text : pause.reason() + " (" + text + ")");
  }

  /** What a scope is called in a sentence. */
  static String scope(QueueScope scope, @Nullable String name, Words words) {
    return scope.server().isPresent()
        ? words.say("queue.scope.server", Objects.requireNonNullElse(name, scope.value()))
        : words.say("queue.scope." + scope.value().replace(':', '.'));
  }

  private static List<ShareRow> lanes(QueueView queue, Set<String> paused, Words words) {
    return Arrays.stream(Lane.values()).map(lane -> {
      var share = queue.lanes().stream().filter(one -> lane.word().equals(one.key())).findFirst()
          .orElse(new Share(lane.word(), null, 0, 0, null));
      return row(share, words.say("queue.lane." + lane.word()), QueueScope.of(lane), paused, words);
    }).toList();
  }

  private static ShareRow server(Share share, Set<String> paused, Words words) {
    var key = share.key();
    return key == null
        ? row(share, words.say("queue.server.none"), null, paused, words)
        : row(share, Objects.requireNonNullElse(share.name(), key), QueueScope.server(UUID.fromString(key)), paused,
            words);
  }

  private static ShareRow row(Share share, String name, @Nullable QueueScope scope, Set<String> paused, Words words) {
    boolean stopped = scope != null && paused.contains(scope.value());
    return new ShareRow(name, words.count(share.waiting()), words.count(share.running()),
        share.oldest() == null ? "" : words.duration(share.oldest()), scope == null || stopped ? null : scope.value(),
        stopped);
  }

  private static EntryRow entry(Entry entry, Caller caller, Words words) {
    boolean here = entry.tenant().equals(caller.tenant().value()) || entry.tenant().equals(TenantId.PLATFORM.value());
    return new EntryRow(here ? "/operations/" + entry.id() : null,
        words.sayOr("operation.type." + entry.type(), entry.type().value()), entry.subject(), entry.tenantName(),
        Objects.requireNonNullElseGet(entry.serverName(), () -> words.say("queue.server.none")), state(entry, words),
        why(entry, words), words.say("queue.lane." + entry.lane().word()),
        words.moment(entry.startedAt() == null ? entry.createdAt() : entry.startedAt()));
  }

  private static Badge state(Entry entry, Words words) {
    String tone = entry.waitingSince() != null ? "warn" : entry.status() == OperationStatus.QUEUED ? "quiet" : "busy";
    return new Badge(tone, words.say("operation.status." + entry.status()));
  }

  private static String why(Entry entry, Words words) {
    var place = entry.place();
    if (place != null) {
      var next = entry.nextTryAt();
      return next == null
          ? words.say("queue.place." + place.reason(), place.number(), entry.subject())
          : words.say("operation.retry", words.moment(next).relative(), entry.attempt() + 1);
    }
    var silent = entry.waitingSince();
    if (silent != null) {
      return words.say("operation.waiting", words.moment(silent).relative());
    }
    var until = entry.leaseUntil();
    return entry.owner() == null || until == null
        ? words.say("queue.owner.none")
        : words.say("queue.owner", shortened(entry.owner()), words.moment(until).relative());
  }

  private static NodeRow node(Node node, Words words) {
    var draining = node.drainingSince();
    var state = node.silent()
        ? new Badge("bad", words.say("queue.node.silent"))
        : draining == null
            ? new Badge("ok", words.say("queue.node.works"))
            : new Badge(node.used() == 0 ? "quiet" : "warn",
                words.say(node.used() == 0 ? "queue.node.drained" : "queue.node.drains"));
    var note = draining == null
        ? null
        : words.say("queue.paused.by", Objects.requireNonNullElse(node.drainedBy(), ""),
            words.moment(draining).relative());
    return new NodeRow(node.host(), shortened(node.id()), node.version(), state,
        words.say("queue.places", node.used(), node.places()), words.moment(node.startedAt()),
        words.moment(node.heardAt()),
        note, "/queue/nodes/" + node.id() + (draining == null ? "/drain" : "/undrain"), draining != null);
  }

  /** The end of an id tells nodes apart; its beginning is only when it started. */
  private static String shortened(String id) {
    return id.length() > 12 ? id.substring(id.length() - 12) : id;
  }

  private List<Choice> scopes(Set<String> paused, Words words) {
    var scopes = new ArrayList<Choice>();
    scopes.add(new Choice(QueueScope.ALL.value(), words.say("queue.scope.all"), false));
    for (var lane : Lane.values()) {
      scopes.add(new Choice(QueueScope.of(lane).value(), words.say("queue.scope.lane." + lane.word()), false));
    }
    TenantContext.callAs(TenantId.PLATFORM, servers::names).forEach(server -> scopes.add(new Choice(
        QueueScope.server(server.id().value()).value(), words.say("queue.scope.server", server.name()), false)));
    scopes.removeIf(choice -> paused.contains(choice.value()));
    return scopes;
  }
}
