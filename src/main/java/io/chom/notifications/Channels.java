package io.chom.notifications;

import io.chom.accounts.Caller;
import io.chom.accounts.Members;
import io.chom.accounts.Permission;
import io.chom.audit.Audit;
import io.chom.notifications.ChannelRefused.Reason;
import io.chom.notifications.ChannelRows.Row;
import io.chom.outbound.OutboundGuard;
import io.chom.secrets.SecretBox;
import io.chom.tenancy.TenantContext;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Where the current tenant and its people are told what. Everybody has channels of their own, which nobody else sees; the
 * address they sign in with is one of them from the beginning. Whoever may manage them sees the tenant's as well.
 */
@Service
public class Channels {
  private static final int MOST_OWN = 10;
  private static final int MOST_SHARED = 20;
  private static final Duration BETWEEN_TESTS = Duration.ofSeconds(10);

  private final ChannelRows rows;
  private final DeliveryRows deliveries;
  private final NoticeRows notices;
  private final Notifications notifications;
  private final Members members;
  private final OutboundGuard guard;
  private final SecretBox box;
  private final Audit audit;
  private final MailCourier mail;
  private final Clock clock;
  private final JdbcClient jdbc;
  private final TransactionTemplate transaction;

  Channels(ChannelRows rows, DeliveryRows deliveries, NoticeRows notices, Notifications notifications, Members members,
      OutboundGuard guard, SecretBox box, Audit audit, MailCourier mail, Clock clock, JdbcClient jdbc,
      TransactionTemplate transaction) {
    this.rows = rows;
    this.deliveries = deliveries;
    this.notices = notices;
    this.notifications = notifications;
    this.members = members;
    this.guard = guard;
    this.box = box;
    this.audit = audit;
    this.mail = mail;
    this.clock = clock;
    this.jdbc = jdbc;
    this.transaction = transaction;
  }

  /** @param secret what its bodies are signed with, shown this once; null where there is none */
  public record Made(ChannelView channel, @Nullable String secret) {
    @Override
    public String toString() {
      return "Made[" + channel.id() + "]";
    }
  }

  /** Whether the operator named a server that takes mail. */
  public boolean mailConfigured() {
    return mail.configured();
  }

  /** The caller's own, their address first, then the tenant's for whoever may manage them. */
  @Transactional(readOnly = true)
  public List<ChannelView> list(Caller caller) {
    List<ChannelView> shown = new ArrayList<>();
    ownAddress(caller).ifPresent(row -> shown.add(row.view()));
    rows.all().stream().filter(row -> visible(row, caller) && !row.ownAddress())
        .sorted((one, other) -> Boolean.compare(one.owner() == null, other.owner() == null))
        .forEach(row -> shown.add(row.view()));
    return shown;
  }

  /** @throws ChannelNotFound there is none, or it is somebody else's */
  @Transactional(readOnly = true)
  public ChannelView get(ChannelId id, Caller caller) {
    return find(id, caller).view();
  }

  /**
   * Makes a channel. Asks the name service, so call it outside a transaction.
   *
   * @param target an address of mail, or one of the web
   * @param shared for the whole tenant; else the caller's own
   * @throws ChannelRefused nobody can be told like that
   * @throws io.chom.outbound.OutboundRefused nobody is to go there on a customer's word
   */
  public Made create(ChannelKind kind, String target, boolean shared, ChannelWish wish, Caller caller) {
    if (shared) {
      caller.mustHold(Permission.NOTIFICATIONS_MANAGE.scope());
    }
    wish.require();
    var id = ChannelId.fresh();
    var shown = shown(kind, target);
    return Objects.requireNonNull(transaction.execute(status -> {
      if (!shared && members.find(caller.user().userId()).isEmpty()) {
        throw new ChannelRefused(Reason.NOT_A_MEMBER, "shared");
      }
      requireRoom(shared, caller);
      var secret = kind == ChannelKind.WEBHOOK ? WebhookSecret.fresh().text() : null;
      var row = new Row(id, shared ? null : caller.user().userId(), kind, false, shown, sealed(kind, target, id),
          secret == null ? null : box.seal(secret, context(id, "secret")), wish, true, null, clock.instant(), 0,
          clock.instant(), null, null, null, null);
      rows.insert(digesting(row, row));
      changed(caller, "notification.channel.create", row);
      return new Made(find(id, caller).view(), secret);
    }));
  }

  /**
   * Changes a channel.
   *
   * @param target null or empty for the one it has
   * @throws ChannelNotFound there is none, or it is somebody else's
   * @throws ChannelRefused nobody can be told like that
   */
  public ChannelView change(ChannelId id, @Nullable String target, ChannelWish wish, Caller caller) {
    wish.require();
    var kind = Objects.requireNonNull(transaction.execute(status -> find(id, caller)));
    boolean moves = target != null && !target.isEmpty() && !(kind.kind() == ChannelKind.EMAIL
        && target.equals(kind.shown()));
    if (moves && kind.ownAddress()) {
      throw new ChannelRefused(Reason.OWN_ADDRESS_STAYS, "target");
    }
    var shown = moves ? shown(kind.kind(), Objects.requireNonNull(target)) : kind.shown();
    return Objects.requireNonNull(transaction.execute(status -> {
      var seen = find(id, caller);
      if (seen.ownAddress()) {
        rows.insert(seen);
      }
      var before = rows.lock(id).orElseThrow(() -> new ChannelNotFound(id));
      var sealed = moves ? sealed(before.kind(), Objects.requireNonNull(target), id) : before.targetSealed();
      var after = new Row(id, before.owner(), before.kind(), before.ownAddress(), shown, sealed, before.secretSealed(),
          wish, true, before.digestAt(), before.digestSince(), before.digestAfter(), before.createdAt(), null, null,
          null, null);
      rows.update(digesting(after, before), clock.instant());
      changed(caller, "notification.channel.change", after);
      return find(id, caller).view();
    }));
  }

  /**
   * Removes a channel, with what still waits for it.
   *
   * @throws ChannelNotFound there is none, or it is somebody else's
   * @throws ChannelRefused it is the address its owner signs in with
   */
  @Transactional
  public void delete(ChannelId id, Caller caller) {
    var row = find(id, caller);
    if (row.ownAddress()) {
      throw new ChannelRefused(Reason.OWN_ADDRESS_STAYS, "id");
    }
    rows.delete(id);
    changed(caller, "notification.channel.delete", row);
  }

  /**
   * Sends something on a channel now, and says what came of it. Takes as long as that takes: call it outside a
   * transaction.
   *
   * @throws ChannelNotFound there is none, or it is somebody else's
   * @throws ChannelRefused it was tested a moment ago
   */
  public DeliveryView test(ChannelId id, Caller caller) {
    var delivery = Objects.requireNonNull(transaction.execute(status -> {
      var row = find(id, caller);
      if (row.ownAddress()) {
        rows.insert(row);
      }
      var now = clock.instant();
      if (!rows.tested(id, now, now.minus(BETWEEN_TESTS))) {
        throw new ChannelRefused(Reason.TESTED_JUST_NOW, "id");
      }
      return deliveries.test(id, now);
    }));
    notifications.deliverOne(id, delivery);
    return Objects.requireNonNull(transaction.execute(status -> deliveries.find(delivery).orElseThrow()));
  }

  /**
   * What was to be told on a channel, newest first, from just before {@code before}.
   *
   * @throws ChannelNotFound there is none, or it is somebody else's
   */
  @Transactional(readOnly = true)
  public List<DeliveryView> deliveries(ChannelId id, @Nullable UUID before, int limit, Caller caller) {
    find(id, caller);
    return deliveries.page(id, before, limit);
  }

  private Row find(ChannelId id, Caller caller) {
    return rows.find(id).filter(row -> visible(row, caller)).or(() -> ownAddress(caller).filter(row -> row.id().equals(
        id))).orElseThrow(() -> new ChannelNotFound(id));
  }

  private static boolean visible(Row row, Caller caller) {
    return row.owner() == null
        ? caller.can(Permission.NOTIFICATIONS_MANAGE)
        : row.owner().equals(caller.user().userId());
  }

  /** As it is stored, or else as it is meant while nobody has chosen anything. */
  private Optional<Row> ownAddress(Caller caller) {
    return members.find(caller.user().userId()).map(member -> {
      var usual = Notifications.ownAddress(member, clock.instant());
      return rows.find(usual.id()).map(row -> Notifications.asToday(row, member)).orElse(usual);
    });
  }

  private String shown(ChannelKind kind, String target) {
    return kind == ChannelKind.EMAIL
        ? MailAddress.parse(target).getAddress()
        : WebAddress.parse(target, guard).getHost();
  }

  private @Nullable String sealed(ChannelKind kind, String target, ChannelId id) {
    return kind == ChannelKind.EMAIL ? null : box.seal(target, context(id, "target"));
  }

  static String context(ChannelId id, String part) {
    return "notification-channel:" + id + ":" + part;
  }

  private void requireRoom(boolean shared, Caller caller) {
    // two that are made together are counted one after the other
    jdbc.sql("select pg_advisory_xact_lock(hashtextextended('chom.channels.' || cast(:tenant as text), 0))")
        .param("tenant", TenantContext.current().value()).query(row -> {});
    var owner = shared ? null : caller.user().userId();
    long there = rows.all().stream().filter(row -> Objects.equals(row.owner(), owner) && !row.ownAddress()).count();
    if (there >= (shared ? MOST_SHARED : MOST_OWN)) {
      throw new ChannelRefused(Reason.TOO_MANY_CHANNELS, "name");
    }
  }

  /** Its next digest. One that is wanted from now on begins now. */
  private Row digesting(Row row, Row before) {
    var wish = row.wish();
    var now = clock.instant();
    boolean wanted = wish.enabled() && !wish.daily().isEmpty();
    boolean goesOn = wanted && before.digestAt() != null;
    Instant next = wanted ? DigestTimes.next(now, wish.zoneId(), wish.hour()) : null;
    return new Row(row.id(), row.owner(), row.kind(), row.ownAddress(), row.shown(), row.targetSealed(),
        row.secretSealed(), wish, row.chosen(), next, goesOn ? before.digestSince() : now,
        goesOn ? before.digestAfter() : notices.newest(), row.createdAt(), row.sentAt(), row.failedAt(), row.error(),
        row.errorDetail());
  }

  private void changed(Caller caller, String action, Row row) {
    audit.record(caller.actor(), action, "notification-channel", row.id().value(), row.wish().name(),
        Map.of("kind", row.kind().word(), "target", row.shown(), "shared", row.owner() == null));
  }
}
