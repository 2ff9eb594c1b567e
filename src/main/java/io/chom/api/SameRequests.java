package io.chom.api;

import io.chom.api.IdempotencyKeys.Known;
import io.chom.api.IdempotencyKeys.Known.Answered;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/**
 * Of equal requests that come at once, lets one go on and the others wait for its answer, on this node without asking the
 * database. A thousand who repeat themselves cost as much as one.
 */
@Component
class SameRequests {
  /** Longer than a request takes; who waits longer is told to come back. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Logger LOG = LoggerFactory.getLogger(SameRequests.class);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
  private static final Duration LONGEST_PAUSE = Duration.ofMillis(500);

  /** @param hash of what is asked, so that another request under the same key is not taken for this one */
  record Asked(TenantId tenant, UUID caller, String key, String hash) {}

  /** Who answered. */
  sealed interface Lead {
    /** This request itself. */
    record Mine() implements Lead {}

    /** One that was there before. */
    record Theirs(Answered answered) implements Lead {}

    /** Nobody, for too long. */
    record Waited() implements Lead {}
  }

  /** Answers a request; null when what it answered may not be repeated. */
  interface Work {
    @Nullable
    Answered answer() throws ServletException, IOException;
  }

  private final IdempotencyKeys keys;
  private final Map<Asked, CompletableFuture<Optional<Answered>>> underWay = new ConcurrentHashMap<>();

  SameRequests(IdempotencyKeys keys) {
    this.keys = keys;
  }

  Lead lead(Asked asked, Work work) throws ServletException, IOException {
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      var mine = new CompletableFuture<Optional<Answered>>();
      var before = underWay.putIfAbsent(asked, mine);
      if (before == null) {
        carryOut(asked, work, mine);
        return new Lead.Mine();
      }
      var theirs = await(before, until);
      if (theirs == null) {
        return new Lead.Waited();
      }
      if (theirs.isPresent()) {
        return new Lead.Theirs(theirs.get());
      }
      // it was refused or failed: the next one tries
    }
  }

  private void carryOut(Asked asked, Work work, CompletableFuture<Optional<Answered>> mine)
      throws ServletException, IOException {
    Optional<Answered> answered = Optional.empty();
    try {
      answered = Optional.ofNullable(work.answer());
    } finally {
      underWay.remove(asked, mine);
      mine.complete(answered);
    }
  }

  /** What is known of the key, after another node that has the same request was given time to answer it. */
  Known begin(Asked asked) {
    long until = System.nanoTime() + PATIENCE.toNanos();
    var pause = FIRST_PAUSE;
    var known = keys.begin(asked.caller(), asked.key(), asked.hash());
    while (known instanceof Known.UnderWay && System.nanoTime() < until && rest(pause)) {
      pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
      known = keys.begin(asked.caller(), asked.key(), asked.hash());
    }
    return known;
  }

  /** Keeps an answer, so that it is given again; what was done is answered also when this has to wait. */
  void remember(Asked asked, Answered answered) {
    surely(asked, () -> keys.answered(asked.caller(), asked.key(), answered));
  }

  /** Lets the key be used again. */
  void forget(Asked asked) {
    surely(asked, () -> keys.forget(asked.caller(), asked.key()));
  }

  /** Now, or as soon as the database has time for it. A key that stays as it was is anybody's again after a minute. */
  private static void surely(Asked asked, Runnable change) {
    if (!done(change)) {
      Thread.ofVirtual().name("idempotency-key").start(() -> TenantContext.runAs(asked.tenant(), () -> {
        long until = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < until && rest(LONGEST_PAUSE) && !done(change)) {
          LOG.debug("The database has no time for an idempotency key yet");
        }
      }));
    }
  }

  private static boolean done(Runnable change) {
    try {
      change.run();
      return true;
    } catch (DataAccessException e) {
      LOG.debug("An idempotency key is written later", e);
      return false;
    }
  }

  /** Null when it did not come in time. */
  private static @Nullable Optional<Answered> await(CompletableFuture<Optional<Answered>> before, long until) {
    try {
      return before.get(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException | ExecutionException e) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }

  private static boolean rest(Duration pause) {
    try {
      Thread.sleep(pause);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
