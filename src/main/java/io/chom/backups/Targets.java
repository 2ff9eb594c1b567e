package io.chom.backups;

import io.chom.audit.Audit;
import io.chom.backups.TargetReach.Judged;
import io.chom.backups.TargetRefused.Reason;
import io.chom.backups.TargetRows.Row;
import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.live.LiveEvents;
import io.chom.operations.Operation;
import io.chom.operations.Operations;
import io.chom.outbound.OutboundRefused;
import io.chom.servers.ServerFilter;
import io.chom.servers.ServerId;
import io.chom.servers.ServerStatus;
import io.chom.servers.ServerView;
import io.chom.servers.Servers;
import io.chom.servers.TenantServer;
import io.chom.ssh.SshKeys;
import io.chom.tenancy.TenantContext;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;
import org.springframework.transaction.event.TransactionPhase;
import org.springframework.transaction.event.TransactionalEventListener;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Where the current tenant's backups go. What an operator makes as the platform is shared with all tenants. No place is
 * used before a server of the tenant's got in there, wrote something and read it back. Methods that look at a place wait
 * for that; call all of them outside a transaction.
 */
@Service
public class Targets {
  private final TargetRows rows;
  private final OwnTargets own;
  private final TargetReach reach;
  private final TargetSecrets secrets;
  private final TargetCheck check;
  private final Servers servers;
  private final Operations operations;
  private final Audit audit;
  private final LiveEvents live;
  private final BackupsProperties properties;
  private final TransactionTemplate transaction;

  Targets(TargetRows rows, OwnTargets own, TargetReach reach, TargetSecrets secrets, TargetCheck check, Servers servers,
      Operations operations, Audit audit, LiveEvents live, BackupsProperties properties,
      TransactionTemplate transaction) {
    this.rows = rows;
    this.own = own;
    this.reach = reach;
    this.secrets = secrets;
    this.check = check;
    this.servers = servers;
    this.operations = operations;
    this.audit = audit;
    this.live = live;
    this.properties = properties;
    this.transaction = transaction;
  }

  /** A new place, and the operation that makes it where one does. */
  public record Made(TargetView target, Optional<Operation> operation) {}

  /**
   * What is to be another one about a place; what is null stays.
   *
   * @param limits how fast data may go there and come from there; each may be null for any speed
   * @param login with {@code password}: what opens it from now on
   */
  public record Change(@Nullable String name, @Nullable Limits limits, @Nullable String login,
      @Nullable String password) {
    @Override
    public String toString() {
      return "a change of " + name;
    }
  }

  /** In KiB a second. */
  public record Limits(@Nullable Integer uploadKbps, @Nullable Integer downloadKbps) {}

  /** Where backups may go: the tenant's own by name, then what is shared. */
  public List<TargetView> list() {
    return inTransaction(() -> {
      var local = rows.local(properties.directory());
      var all = rows.own();
      var used = all.stream().filter(row -> row.sharedFrom() != null)
          .collect(Collectors.toMap(Row::sharedFrom, Function.identity()));
      var loads = rows.loads().stream().collect(Collectors.toMap(TargetRows.Load::target, Function.identity()));
      boolean chosen = all.stream().anyMatch(Row::isDefault);
      var mine = all.stream().filter(row -> row.sharedFrom() == null)
          .map(row -> view(row, row, row.isDefault() || !chosen && row.id().equals(local.id()), loads));
      var theirs = TargetRows.atHome() ? Stream.<TargetView>of() : rows.shared().stream().map(offered -> {
        var row = used.getOrDefault(offered.id(), offered);
        return view(row, offered, row.isDefault(), loads);
      });
      return Stream.concat(mine, theirs).toList();
    });
  }

  /**
   * A place to choose.
   *
   * @param isDefault whether the tenant chose it for when nobody says where; where none is, the directory on each site's
   *     own server is meant
   */
  public record Option(TargetId id, String name, TargetKind kind, boolean isDefault) {}

  /** What backups can go to now, the usual one first. */
  public List<Option> options() {
    return inTransaction(rows::options);
  }

  /** @throws TargetNotFound this tenant may not use one by that id */
  public TargetView get(TargetId id) {
    return list().stream().filter(one -> one.id().equals(id)).findFirst().orElseThrow(() -> new TargetNotFound(id));
  }

  private TargetView view(Row row, Row whole, boolean isDefault, Map<UUID, TargetRows.Load> loads) {
    // of a shared one, what is told is that it is there
    boolean mine = row.sharedFrom() == null && whole.shared() == TargetRows.atHome();
    var load = loads.getOrDefault(row.id(), new TargetRows.Load(row.id(), 0, 0));
    var key = mine ? whole.hostKey() : null;
    return new TargetView(row.known(), whole.name(), whole.kind(), whole.status(), whole.shared(), mine, isDefault,
        mine ? whole.location() : null, mine ? whole.publicKey() : null, key,
        key == null ? null : TargetReach.fingerprint(key), mine ? whole.region() : null,
        mine && whole.authorities() != null, mine ? whole.uploadKbps() : null, mine ? whole.downloadKbps() : null,
        mine ? whole.server() : null, whole.appendOnly(), mine ? whole.checkedAt() : null,
        mine ? whole.checkFailure() : null,
        load.backups(), load.bytes(), mine ? whole.createdBy() : "", mine ? whole.createdAt() : null);
  }

  /**
   * Adds a place. REST, S3 and a directory are got into before anything is kept; of an SFTP place its host's key is
   * fetched, and the key pair made that is to be let in there; one on a server of the panel's is promised.
   *
   * @param from which of the tenant's servers looks; null for any
   * @throws TargetRefused it cannot be one
   * @throws io.chom.outbound.OutboundRefused nothing may go to its host
   * @throws TargetCheckFailed the server did not get there; nothing is kept
   * @throws io.chom.servers.ServerNotReached the server does not answer; nothing is kept
   * @throws io.chom.servers.ServerNotFound the tenant has no place on that server
   */
  public Made create(NewTarget wanted, @Nullable ServerId from, Actor actor) {
    wanted.require();
    if (wanted.kind() == TargetKind.LOCAL && !TargetRows.atHome()) {
      throw new TargetRefused(Reason.TARGET_KIND_NOT_YOURS, "kind");
    }
    return wanted.kind() == TargetKind.SERVER ? onServer(wanted, actor) : elsewhere(wanted, from, actor);
  }

  private Made onServer(NewTarget wanted, Actor actor) {
    var id = Uuid7.next();
    var keys = SshKeys.generate();
    var sealed = secrets.seal(id, withKey(Map.of(), keys.privateKey()));
    return inTransaction(() -> {
      var server = Objects.requireNonNull(wanted.server());
      requireServer(server);
      requireRoom(server);
      if (!servers.hold(server)) {
        throw new TargetRefused(Reason.SERVER_LEAVES, "on");
      }
      var row = TargetRows.fresh(id, wanted, TargetStatus.NEW, null, sealed, keys.publicKey(), null, true, actor);
      rows.insert(row);
      var operation = operations.request(TargetOperations.create(row), actor);
      changed(actor, "backup.target.create", row);
      return new Made(mine(id), Optional.of(operation));
    });
  }

  private Made elsewhere(NewTarget wanted, @Nullable ServerId from, Actor actor) {
    var judged = reach.judge(wanted.kind(), wanted.location());
    var id = Uuid7.next();
    var asked = inTransaction(() -> {
      requireRoom(null);
      rows.requireFree(wanted.name(), judged.location(), wanted.kind());
      return asker(from);
    });
    boolean sftp = wanted.kind() == TargetKind.SFTP;
    var keys = sftp ? SshKeys.generate() : null;
    var opens = withKey(NewTarget.secrets(wanted.kind(), wanted.login(), wanted.password()),
        keys == null ? null : keys.privateKey());
    var row = TargetRows.fresh(id, wanted, sftp ? TargetStatus.NEW : TargetStatus.READY, judged.location(),
        secrets.seal(id, opens), keys == null ? null : keys.publicKey(), null, judged.isPrivate(), actor);
    var seen = sftp
        ? check.scan(asked, TargetReach.location(row), reach.arguments(row), opens)
        : check.getIn(asked, TargetReach.location(row), reach.arguments(row), opens);
    var kept = row.seen(sftp ? seen.hostKey() : null, seen.appendOnly());
    return inTransaction(() -> {
      requireRoom(null);
      rows.insert(kept);
      changed(actor, "backup.target.create", kept);
      return new Made(mine(id), Optional.empty());
    });
  }

  /** @param on the server that is to keep it, if one is */
  private void requireRoom(@Nullable ServerId on) {
    if (TargetRows.atHome()) {
      return;
    }
    var shared = servers.ofTenant().stream().filter(TenantServer::shared).map(one -> one.id().value())
        .collect(Collectors.toSet());
    var there = rows.count(shared);
    if (there.all() >= properties.mostTargets()) {
      throw new TargetRefused(Reason.TOO_MANY_TARGETS, "name");
    } else if (on != null && shared.contains(on.value()) && there.onServers() >= properties.mostDepots()) {
      throw new TargetRefused(Reason.TOO_MANY_DEPOTS, "on");
    }
  }

  private static Map<String, String> withKey(Map<String, String> opens, @Nullable String privateKey) {
    var all = new HashMap<>(opens);
    all.put(TargetSecrets.CHECK_KEY, TargetSecrets.newKey());
    if (privateKey != null) {
      all.put(TargetSecrets.SFTP_KEY, TargetReach.base64(privateKey));
    }
    return all;
  }

  /**
   * Has a server get in, write something and read it back; what came of that is the target's state.
   *
   * @param from which of the tenant's servers looks; null for any
   * @param fingerprint of the host's key that is to be believed from now on; null for the one that is
   * @throws TargetNotFound there is none by that id
   * @throws TargetRefused it is not this tenant's to check, is not made yet, or its host shows another key
   * @throws io.chom.servers.ServerNotReached the server does not answer; nothing has changed
   */
  public TargetView check(TargetId id, @Nullable ServerId from, @Nullable String fingerprint, Actor actor) {
    var before = inTransaction(() -> {
      var row = own.changeable(id);
      return new Asked(row, asker(from));
    });
    var row = before.row();
    try {
      var judged = row.kind().typed()
          ? reach.judge(row.kind(), Objects.requireNonNull(row.location()))
          : new Judged(TargetReach.location(row), row.isPrivate());
      var opens = secrets.open(row.id(), Objects.requireNonNull(row.sealed()));
      var arguments = new HashMap<>(reach.arguments(row));
      var hostKey = row.hostKey();
      if (row.kind().bySsh() && fingerprint != null && (hostKey == null
          || !TargetReach.fingerprint(hostKey).equals(fingerprint.strip()))) {
        hostKey = approved(before, arguments, opens, fingerprint.strip());
        arguments.put(TargetReach.HOST_KEY, hostKey);
      }
      var seen = check.getIn(before.server(), TargetReach.location(row), arguments, opens);
      var believed = hostKey;
      return settle(actor, row, () -> rows.reached(row.id(), believed, judged.isPrivate(), seen.appendOnly()));
    } catch (TargetCheckFailed | OutboundRefused e) {
      return settle(actor, row, () -> rows.notReached(row.id(), String.valueOf(e.getMessage())));
    }
  }

  /** Who is asked about what. */
  private record Asked(Row row, ServerId server) {}

  private String approved(Asked asked, Map<String, Object> arguments, Map<String, String> opens, String fingerprint) {
    var shown = check.scan(asked.server(), TargetReach.location(asked.row()), arguments, opens);
    if (!fingerprint.equals(shown.fingerprint())) {
      throw new TargetRefused(Reason.FINGERPRINT_DIFFERS, "fingerprint");
    }
    return Objects.requireNonNull(shown.hostKey());
  }

  private TargetView settle(Actor actor, Row row, Runnable change) {
    return inTransaction(() -> {
      change.run();
      changed(actor, "backup.target.check", row);
      return mine(row.id());
    });
  }

  /** One that its server has just made is got into at once. */
  @TransactionalEventListener(phase = TransactionPhase.AFTER_COMMIT)
  void look(TargetMade made) {
    Aside.run(made.tenant(), "check target " + made.target(), () -> check(made.target(), null, null, Actor.PANEL));
  }

  /**
   * Changes what can be changed of a place. With another login it is got into by that before anything is kept.
   *
   * @throws TargetNotFound there is none by that id
   * @throws TargetRefused that cannot be, or it is not this tenant's
   * @throws TargetCheckFailed the other login does not open it; nothing has changed
   */
  public TargetView change(TargetId id, Change wanted, Actor actor) {
    var before = inTransaction(() -> own.changeable(id));
    var name = wanted.name() == null ? before.name() : wanted.name().strip();
    NewTarget.requireName(name);
    var limits = wanted.limits() == null
        ? new Limits(before.uploadKbps(), before.downloadKbps())
        : wanted.limits();
    NewTarget.requireLimit(limits.uploadKbps(), "uploadKbps");
    NewTarget.requireLimit(limits.downloadKbps(), "downloadKbps");
    var opened = opens(before, wanted);
    return inTransaction(() -> {
      var row = own.changeable(id);
      rows.change(row.id(), name, limits.uploadKbps(), limits.downloadKbps(),
          opened == null ? Objects.requireNonNull(row.sealed()) : secrets.seal(row.id(), opened));
      changed(actor, "backup.target.change", row);
      return mine(row.id());
    });
  }

  /** What opens it from now on, and does so now; null where that stays. */
  private @Nullable Map<String, String> opens(Row row, Change wanted) {
    if (wanted.login() == null && wanted.password() == null) {
      return null;
    }
    NewTarget.requireCredentials(row.kind(), wanted.login(), wanted.password());
    var opens = new HashMap<>(secrets.open(row.id(), Objects.requireNonNull(row.sealed())));
    opens.putAll(NewTarget.secrets(row.kind(), wanted.login(), wanted.password()));
    check.getIn(inTransaction(() -> asker(null)), TargetReach.location(row), reach.arguments(row), opens);
    return opens;
  }

  /**
   * Has the tenant's backups go there from now on when nobody says where. Those that there are stay where they are.
   *
   * @throws TargetNotFound this tenant may not use one by that id
   * @throws TargetRefused it cannot be used now
   */
  public void makeDefault(TargetId id, Actor actor) {
    inTransaction(() -> {
      var row = rows.use(id);
      OwnTargets.requireUsable(rows.whole(row));
      rows.makeDefault(row.id());
      changed(actor, "backup.target.default", row);
      return row;
    });
  }

  /**
   * Removes a place in which no backups lie. What opens it is forgotten; what else lies there is nobody's to take away.
   *
   * @param typedName its name, typed to confirm
   * @return the operation by which a server takes it away; empty where nothing is left to do
   * @throws TargetNotFound there is none by that id
   * @throws TargetRefused backups lie there, something uses it, or it is not this tenant's
   */
  public Optional<Operation> remove(TargetId id, String typedName, Actor actor) {
    return inTransaction(() -> {
      rows.holdForRemoval(id);
      var row = own.changeable(id);
      if (!typedName.strip().equals(row.name())) {
        throw new TargetRefused(Reason.NAME_DOES_NOT_MATCH, "typedName");
      }
      own.requireUnused(row);
      changed(actor, "backup.target.remove", row);
      if (row.kind() != TargetKind.SERVER) {
        rows.removed(row.id());
        return Optional.<Operation>empty();
      }
      return Optional.of(operations.request(own.removal(id), actor));
    });
  }

  /**
   * What would be lost with a place.
   *
   * @param lastOf sites of whose good backups the last one lies there; {@code lastProvenOf} the last proven one
   */
  public record Loss(long backups, List<String> lastOf, List<String> lastProvenOf) {}

  /** @throws TargetNotFound this tenant has none of its own by that id */
  public Loss loss(TargetId id) {
    return inTransaction(() -> rows.loss(rows.row(id.value()).filter(row -> row.sharedFrom() == null)
        .orElseThrow(() -> new TargetNotFound(id)).id()));
  }

  /** What was lost with it, and the operation by which a server takes it away where one keeps it. */
  public record Forgotten(Loss loss, Optional<Operation> operation) {}

  /**
   * Gives up a place that is gone for good, with all backups in it: they are no backups any more. It is not asked; of one
   * on a server of the panel's, what is still there is removed.
   *
   * @param typedName its name, typed to confirm
   * @throws TargetNotFound there is none by that id
   * @throws TargetRefused something is under way there or is to go there, or it is not this tenant's
   */
  public Forgotten forget(TargetId id, String typedName, Actor actor) {
    return inTransaction(() -> {
      rows.holdForRemoval(id);
      var row = own.changeable(id);
      if (!typedName.strip().equals(row.name())) {
        throw new TargetRefused(Reason.NAME_DOES_NOT_MATCH, "typedName");
      }
      own.requireForgettable(row);
      var loss = rows.loss(row.id());
      rows.lose(row.id());
      audit.record(actor, "backup.target.forget", TargetOperations.SUBJECT, id.value(), row.name(),
          Map.of("kind", row.kind().word(), "backups", loss.backups(), "last_of", String.join(", ", loss.lastOf()),
              "last_proven_of", String.join(", ", loss.lastProvenOf())));
      live.changedAfterCommit(TenantContext.current(), BackupTopics.TARGETS, BackupTopics.ALL);
      if (row.kind() != TargetKind.SERVER) {
        rows.removed(row.id());
        return new Forgotten(loss, Optional.empty());
      }
      return new Forgotten(loss, Optional.of(operations.request(own.removal(id), actor)));
    });
  }

  private TargetView mine(UUID id) {
    var row = rows.row(id).orElseThrow(() -> new TargetNotFound(new TargetId(id)));
    return view(row, row, row.isDefault(), Map.of());
  }

  private ServerId asker(@Nullable ServerId wanted) {
    if (wanted != null) {
      requireServer(wanted);
      return wanted;
    }
    var ready = TargetRows.atHome()
        ? servers.page(new ServerFilter(null, ServerStatus.READY, null, 1)).stream().map(ServerView::id)
        : servers.ofTenant().stream().map(TenantServer::id);
    return ready.findFirst().orElseThrow(() -> new TargetRefused(Reason.NO_SERVER_TO_ASK, "server"));
  }

  private void requireServer(ServerId server) {
    if (TargetRows.atHome()) {
      servers.get(server);
    } else {
      servers.ofTenant(server);
    }
  }

  private void changed(Actor actor, String action, Row row) {
    audit.record(actor, action, TargetOperations.SUBJECT, row.known().value(), row.name(),
        Map.of("kind", row.kind().word()));
    live.changedAfterCommit(TenantContext.current(), BackupTopics.TARGETS);
  }

  private <T> T inTransaction(Supplier<T> work) {
    return Objects.requireNonNull(transaction.execute(status -> work.get()));
  }
}
