package io.chom.jobs;

import io.chom.common.Uuid7;
import io.chom.live.LiveEvents;
import io.chom.operations.Claim;
import io.chom.operations.OperationId;
import io.chom.operations.OperationRunner;
import io.chom.operations.Operations;
import io.chom.operations.Queue;
import io.chom.operations.Topics;
import io.chom.queue.BellRinging;
import io.chom.queue.BellRinging.Ring;
import io.chom.tenancy.TenantId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/**
 * Takes operations off the queue and carries each out on a virtual thread of its own.
 *
 * <p>A bell makes it look at once; without one it looks every {@code chom.worker.sweep}, so that a lost bell, or a
 * Redis that is away, only delays.
 */
@Component
class OperationWorker implements SmartLifecycle {
  private static final Logger LOG = LoggerFactory.getLogger(OperationWorker.class);
  private static final long SECOND = 1_000_000_000;
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(3);
  /** Somebody alive who is swept because it rang for others only is a member again with its next bell. */
  private static final Duration DEAD = Duration.ofMinutes(10);

  private final OperationPicker picker;
  private final OperationRunner runner;
  private final BellRinging bells;
  private final WorkerNodes nodes;
  private final QueueMetrics metrics;
  private final LiveEvents live;
  private final WorkerProperties properties;
  private final String node = Uuid7.next().toString();
  private final Semaphore places;
  private final Map<OperationId, Thread> held = new ConcurrentHashMap<>();
  private final List<Thread> loops = new CopyOnWriteArrayList<>();
  private final AtomicLong toldAt = new AtomicLong(System.nanoTime() - SECOND);
  private volatile boolean running;

  OperationWorker(OperationPicker picker, OperationRunner runner, BellRinging bells, WorkerNodes nodes,
      QueueMetrics metrics, LiveEvents live, WorkerProperties properties) {
    this.picker = picker;
    this.runner = runner;
    this.bells = bells;
    this.nodes = nodes;
    this.metrics = metrics;
    this.live = live;
    this.properties = properties;
    this.places = new Semaphore(properties.perNode());
  }

  @Override
  public void start() {
    if (!properties.enabled()) {
      return;
    }
    running = true;
    loops.add(Thread.ofVirtual().name("operation-picker").start(this::pick));
    loops.add(Thread.ofVirtual().name("operation-heartbeat").start(this::heartbeat));
  }

  private void pick() {
    bells.sweep(Operations.STREAM, Queue.WORKERS, DEAD);
    while (running) {
      try {
        if (takeWhatIsDue() == 0) {
          sleepUntilRung();
        }
      } catch (RuntimeException e) {
        // whatever it was: who stops looking leaves everything lying
        if (!running) {
          return;
        }
        LOG.warn("The queue could not be read, trying again: {}", e.getMessage());
        rest(properties.sweep());
      }
    }
  }

  private int takeWhatIsDue() {
    int free = places.availablePermits();
    if (free == 0) {
      rest(Duration.ofMillis(20));
      return 0;
    }
    var claims = picker.take(node, free, properties.limits(), properties.lease());
    for (var claim : claims) {
      places.acquireUninterruptibly();
      var thread = Thread.ofVirtual().name("operation-" + claim.operation()).unstarted(() -> work(claim));
      held.put(claim.operation(), thread);
      thread.start();
    }
    if (!claims.isEmpty()) {
      moved();
    }
    return claims.size();
  }

  private void sleepUntilRung() {
    if (bells.await(Operations.STREAM, Queue.WORKERS, node, properties.sweep()) == Ring.AWAY) {
      rest(properties.sweep());
    }
  }

  private void work(Claim claim) {
    try {
      runner.run(claim, () -> running && held.containsKey(claim.operation()));
    } catch (RuntimeException e) {
      // the database itself failed: the lease runs out and a node that can reach it adopts the operation
      LOG.error("Operation {} is left to be adopted", claim.operation(), e);
    } finally {
      held.remove(claim.operation(), Thread.currentThread());
      places.release();
      moved();
    }
  }

  /** Operators who watch the queue are told, at most once a second. */
  private void moved() {
    long last = toldAt.get();
    long now = System.nanoTime();
    if (now - last >= SECOND && toldAt.compareAndSet(last, now)) {
      live.changed(TenantId.PLATFORM, Topics.QUEUE);
    }
  }

  private void beat() {
    nodes.beat(node, properties, held.size());
    metrics.look();
    live.changed(TenantId.PLATFORM, Topics.QUEUE);
  }

  private void heartbeat() {
    var pause = Duration.ZERO;
    while (running) {
      rest(pause);
      pause = properties.lease().dividedBy(3);
      try {
        var before = Map.copyOf(held);
        Set<OperationId> kept = picker.renew(node, before.keySet(), properties.lease());
        before.forEach((operation, thread) -> {
          if (!kept.contains(operation) && held.remove(operation, thread)) {
            LOG.info("Operation {} is no longer held here", operation);
            metrics.leaseLost();
            thread.interrupt();
          }
        });
        beat();
      } catch (RuntimeException e) {
        LOG.warn("Leases could not be renewed, trying again: {}", e.getMessage());
      }
    }
  }

  private static void rest(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void stop() {
    running = false;
    held.values().forEach(Thread::interrupt);
    try {
      // before the connections they use are closed
      for (var loop : loops) {
        loop.interrupt();
        loop.join(LONGEST_WAIT);
      }
      picker.release(node);
      nodes.leave(node);
      bells.leave(Operations.STREAM, Queue.WORKERS, node);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (DataAccessException e) {
      LOG.warn("Leases were not handed over, they run out by themselves: {}", e.getMessage());
    }
  }

  @Override
  public boolean isRunning() { return running; }
}
