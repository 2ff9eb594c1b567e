package io.chom.notifications;

import io.chom.accounts.Members;
import io.chom.accounts.Members.Member;
import io.chom.common.UserId;
import io.chom.notifications.ChannelRows.Row;
import io.chom.notifications.DeliveryRows.Taken;
import io.chom.notifications.NotDelivered.Reason;
import io.chom.tenancy.DatabaseOutage;
import io.chom.tenancy.TenantContext;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Hands what happened in the current tenant to the channels that want it, and gets it there: whichever nodes ask, each
 * thing goes to each channel once, and is tried again for a day where it does not get there.
 */
@Service
public class Notifications {
  private static final Logger LOG = LoggerFactory.getLogger(Notifications.class);
  private static final int AT_ONCE = 200;
  /** What is told people together, rather than one after the other. */
  private static final int IN_ONE_MAIL = 50;
  private static final int CALLS = 10;
  /** Longer than the slowest mail, and than ten of the slowest calls. */
  private static final Duration LEASE = Duration.ofMinutes(5);
  private static final int PIECE = 500;
  static final Duration KEPT = Duration.ofDays(60);
  private static final List<Duration> PAUSES = List.of(Duration.ofMinutes(1), Duration.ofMinutes(5),
      Duration.ofMinutes(15), Duration.ofHours(1), Duration.ofHours(3), Duration.ofHours(6), Duration.ofHours(12));

  private final NoticeRows notices;
  private final ChannelRows channels;
  private final DeliveryRows deliveries;
  private final Members members;
  private final Composer composer;
  private final List<Courier> couriers;
  private final MeterRegistry metrics;
  private final Clock clock;
  private final TransactionTemplate transaction;

  Notifications(NoticeRows notices, ChannelRows channels, DeliveryRows deliveries, Members members, Composer composer,
      List<Courier> couriers, MeterRegistry metrics, Clock clock, TransactionTemplate transaction) {
    this.notices = notices;
    this.channels = channels;
    this.deliveries = deliveries;
    this.members = members;
    this.composer = composer;
    this.couriers = couriers;
    this.metrics = metrics;
    this.clock = clock;
    this.transaction = transaction;
  }

  /**
   * Hands out what happened, and the digests that are due. Nobody else does so for this tenant meanwhile.
   *
   * @return whether there may be more to hand out
   */
  @Transactional
  public boolean handOut() {
    if (!notices.alone()) {
      return false;
    }
    var now = clock.instant();
    var waiting = notices.waiting(AT_ONCE);
    if (!waiting.isEmpty()) {
      var open = open(now);
      for (var notice : waiting) {
        notices.handedOut(notice.id());
        open.stream().filter(row -> row.wish().atOnce().contains(notice.kind()))
            .forEach(row -> deliveries.atOnce(row.id(), notice.id(), now));
      }
    }
    if (waiting.size() < AT_ONCE) {
      digests(now);
    }
    return waiting.size() == AT_ONCE;
  }

  /** The channels that are on, of people who belong here; whoever leads the tenant has one from now on. */
  private List<Row> open(Instant now) {
    var people = people();
    people.values().stream().filter(Member::leads).forEach(member -> channels.insert(ownAddress(member, now)));
    return channels.all().stream().filter(row -> row.wish().enabled() && belongs(row, people)).toList();
  }

  private static boolean belongs(Row row, Map<UserId, Member> people) {
    if (row.owner() == null) {
      return true;
    }
    var member = people.get(row.owner());
    return member != null && (row.chosen() || member.leads());
  }

  private Map<UserId, Member> people() {
    Map<UserId, Member> people = new HashMap<>();
    members.all().forEach(member -> people.put(member.id(), member));
    return people;
  }

  private void digests(Instant now) {
    var due = channels.digestsDue(now);
    if (due.isEmpty()) {
      return;
    }
    var people = people();
    long newest = notices.newest();
    for (var row : due) {
      // of a time in which nothing at all happened there is nothing to tell
      if (belongs(row, people) && !notices.counts(row.digestAfter(), newest).isEmpty()) {
        deliveries.digest(row.id(), row.digestAfter(), newest, row.digestSince(), now);
      }
      channels.digested(row.id(), DigestTimes.next(now, row.wish().zoneId(), row.wish().hour()), now, newest);
    }
  }

  /** Somebody's own address as it is meant while they have chosen nothing. */
  static Row ownAddress(Member member, Instant now) {
    var wish = ChannelWish.usual(member.email().length() <= 80 ? member.email() : member.email().substring(0, 80));
    var meant = member.leads()
        ? wish
        : new ChannelWish(wish.name(), Set.of(), Set.of(), wish.zone(), wish.hour(), wish.language(), true);
    return new Row(ChannelId.ofOwnAddress(TenantContext.current(), member.id()), member.id(), ChannelKind.EMAIL, true,
        member.email(), null, null, meant, false, null, now, 0, now, null, null, null, null);
  }

  /** What nobody has chosen follows what its owner is now. */
  static Row asToday(Row stored, Member member) {
    var usual = ownAddress(member, stored.createdAt());
    return new Row(stored.id(), stored.owner(), stored.kind(), true, member.email(), null, null,
        stored.chosen() ? stored.wish() : usual.wish(), stored.chosen(), stored.digestAt(), stored.digestSince(),
        stored.digestAfter(), stored.createdAt(), stored.sentAt(), stored.failedAt(), stored.error(),
        stored.errorDetail());
  }

  /** Gets what is due on one channel there, until nothing is due or something does not. Call it outside a transaction. */
  public void deliver(ChannelId id) {
    for (var taken = take(id); !taken.isEmpty(); taken = take(id)) {
      if (!send(id, taken)) {
        return;
      }
    }
  }

  /** Gets one there, unless somebody else does. Call it outside a transaction. */
  void deliverOne(ChannelId id, UUID delivery) {
    var taken = transaction.execute(status -> deliveries.takeOne(delivery, LEASE).orElse(null));
    if (taken != null) {
      send(id, List.of(taken));
    }
  }

  private List<Taken> take(ChannelId id) {
    return Objects.requireNonNull(transaction.execute(status -> channels.find(id)
        .map(row -> deliveries.take(id, clock.instant(), LEASE,
            row.kind() == ChannelKind.WEBHOOK ? CALLS : IN_ONE_MAIL))
        .orElse(List.of())));
  }

  /** A webhook's program gets one by one what people get together. */
  private boolean send(ChannelId id, List<Taken> taken) {
    var row = transaction.execute(status -> channels.find(id).orElse(null));
    if (row == null) {
      return false;
    }
    var together = row.kind() == ChannelKind.WEBHOOK ? taken.stream().map(List::of).toList() : List.of(taken);
    for (int i = 0; i < together.size(); i++) {
      try {
        sendNow(row, together.get(i));
        sent(id, together.get(i));
      } catch (NotDelivered e) {
        // what would have gone the same way has failed as well, and is not tried one by one
        failed(id, together.subList(i, together.size()).stream().flatMap(List::stream).toList(), e);
        return false;
      }
    }
    return true;
  }

  private void sendNow(Row row, List<Taken> taken) {
    try {
      var address = transaction.execute(status -> address(row, taken.getFirst()));
      var message = Objects.requireNonNull(transaction.execute(status -> composer.of(row, taken)));
      couriers.stream().filter(one -> one.serves(row.kind())).findFirst().orElseThrow()
          .deliver(row, Objects.requireNonNull(address), message);
    } catch (NotDelivered e) {
      throw e;
    } catch (RuntimeException e) {
      if (DatabaseOutage.caused(e)) {
        // the lease ends, and somebody goes on
        throw e;
      }
      LOG.error("Something could not be told on channel {}", row.id(), e);
      throw new NotDelivered(Reason.INTERNAL, "", e);
    }
  }

  /** Where mail goes now; whoever has left is not told what happens here. */
  private String address(Row row, Taken first) {
    boolean test = first.kind() == DeliveryView.Kind.TEST;
    if (!row.wish().enabled() && !test) {
      throw new NotDelivered(Reason.CHANNEL_OFF);
    }
    if (row.owner() == null) {
      return row.shown();
    }
    var member = members.find(row.owner()).orElseThrow(() -> new NotDelivered(Reason.OWNER_GONE));
    if (!row.chosen() && !member.leads() && !test) {
      throw new NotDelivered(Reason.OWNER_GONE);
    }
    return row.ownAddress() ? member.email() : row.shown();
  }

  private void sent(ChannelId id, List<Taken> taken) {
    var now = clock.instant();
    transaction.executeWithoutResult(status -> {
      taken.forEach(one -> deliveries.sent(one, now));
      channels.sent(id, now);
    });
    metrics.counter("chom.notifications", "outcome", "SENT").increment(taken.size());
  }

  private void failed(ChannelId id, List<Taken> taken, NotDelivered why) {
    var now = clock.instant();
    transaction.executeWithoutResult(status -> {
      taken.forEach(one -> deliveries.failed(one, now, next(one, now, why), why));
      channels.failed(id, now, why);
      if (why.reason() == Reason.HTTP_GONE) {
        channels.switchOff(id);
      }
    });
    metrics.counter("chom.notifications", "outcome", why.code()).increment(taken.size());
  }

  private static @Nullable Instant next(Taken one, Instant now, NotDelivered why) {
    return one.kind() == DeliveryView.Kind.TEST || !why.retryable() || one.attempt() > PAUSES.size()
        ? null
        : now.plus(PAUSES.get(one.attempt() - 1));
  }

  /** Forgets what is older than 60 days. */
  @Transactional
  public boolean forget() {
    var before = clock.instant().minus(KEPT);
    return deliveries.forget(before, PIECE) + notices.forget(before, PIECE) >= PIECE;
  }
}
