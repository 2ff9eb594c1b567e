package io.chom.agent;

import io.chom.ssh.ByteStream;
import io.chom.ssh.ExecResult;
import io.chom.ssh.PoolExhausted;
import io.chom.ssh.SshException;
import io.chom.ssh.SshPool;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** At most one channel per server, opened when first needed and again when it has ended. */
final class Gateways {
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final Duration WORTH_WAITING = Duration.ofSeconds(2);

  private final SshPool pool;
  private final AgentProperties properties;
  private final ConcurrentMap<AgentServer, Slot> slots = new ConcurrentHashMap<>();

  Gateways(SshPool pool, AgentProperties properties) {
    this.pool = pool;
    this.properties = properties;
  }

  /** The channel to this server; whoever asks first opens it, the others wait. */
  Gateway get(AgentServer server, Until until) {
    var slot = slots.get(server);
    if (slot == null) {
      slot = slots.computeIfAbsent(server, Slot::new);
      leaveFormer(server);
    }
    var open = slot.gateway;
    return open != null && open.usable() ? open : slot.open(until);
  }

  /** One command to its end, on a channel of its own. */
  ExecResult run(AgentServer server, String words, byte[] input, Duration limit) {
    try {
      return pool.exec(server.target(), words, input, limit);
    } catch (SshException e) {
      throw new AgentNeverReached(String.valueOf(e.getMessage()), e);
    }
  }

  /** What one command writes, on a connection of its own. */
  ByteStream stream(AgentServer server, String words, Duration limit) {
    try {
      return pool.openStream(server.target(), words, limit);
    } catch (SshException e) {
      throw new AgentNeverReached(String.valueOf(e.getMessage()), e);
    }
  }

  void touch(AgentServer server, Duration limit) {
    try {
      pool.touch(server.target(), limit);
    } catch (SshException e) {
      throw new AgentNeverReached(String.valueOf(e.getMessage()), e);
    }
  }

  void disconnect(AgentServer server) {
    var slot = slots.remove(server);
    var open = slot == null ? null : slot.gateway;
    if (open != null) {
      open.end(new AgentProtocolBroken("The channel to " + server + " was closed", null));
    }
    // with its connection goes the memory of failed logins, for which the next one would have to wait
    pool.close(server.target());
  }

  /** Its key, host key or address is another one now: channels by the former end as soon as nothing is under way there. */
  private void leaveFormer(AgentServer server) {
    slots.keySet().stream().filter(known -> known.id().equals(server.id()) && !known.equals(server))
        .forEach(former -> Thread.ofVirtual().name("leave-" + former).start(() -> leave(former)));
  }

  private void leave(AgentServer former) {
    try {
      for (var slot = slots.get(former); slot != null && slot.busy(); slot = slots.get(former)) {
        TimeUnit.SECONDS.sleep(1);
      }
      disconnect(former);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  void disconnectAll() {
    slots.keySet().forEach(this::disconnect);
  }

  long open() {
    return slots.values().stream().filter(Slot::usable).count();
  }

  private final class Slot {
    private final AgentServer server;
    private final ReentrantLock opening = new ReentrantLock(true);
    private volatile @Nullable Gateway gateway;
    private volatile boolean connecting;
    private int failures;
    private long notBefore;
    private @Nullable AgentException lastFailure;

    Slot(AgentServer server) {
      this.server = server;
    }

    boolean busy() {
      var open = gateway;
      return open != null && open.usable() && !open.idle();
    }

    boolean usable() {
      var open = gateway;
      return open != null && open.usable();
    }

    Gateway open(Until until) {
      await(until);
      try {
        var open = gateway;
        if (open != null && open.usable()) {
          return open;
        }
        if (open != null) {
          gateway = null;
          ended(open.age());
        }
        rest(until);
        return start(until);
      } finally {
        opening.unlock();
      }
    }

    private void await(Until until) {
      try {
        if (opening.tryLock(until.left().toNanos(), TimeUnit.NANOSECONDS)) {
          return;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      var sentence = "The agent on " + server + " was not reached within " + until.limit().toMillis() + " ms";
      throw new AgentNeverReached(sentence,
          connecting ? new PoolExhausted(server.target().label(), true, sentence, null) : null);
    }

    private Gateway start(Until until) {
      try {
        var fresh = begin(until);
        fresh.awaitHello(until);
        lastFailure = null;
        gateway = fresh;
        return fresh;
      } catch (AgentException e) {
        // the pool has its own pauses for servers that are not reached
        if (!(e.getCause() instanceof SshException)) {
          lastFailure = e;
          pause();
          // somebody may have taken the key out since this login: the next one finds out which of the two it is
          pool.close(server.target());
        }
        throw e;
      }
    }

    private Gateway begin(Until until) {
      connecting = true;
      try {
        return Gateway.begin(pool, server, properties, until);
      } finally {
        connecting = false;
      }
    }

    private void ended(Duration age) {
      if (age.compareTo(SOON) < 0) {
        pause();
      } else {
        failures = 0;
      }
    }

    private void pause() {
      var longest = Math.min(properties.maxBackOff().toNanos(),
          properties.backOff().toNanos() << Math.min(failures, 20));
      failures++;
      notBefore = System.nanoTime() + longest / 2 + ThreadLocalRandom.current().nextLong(longest / 2 + 1);
    }

    private void rest(Until until) {
      var pause = Duration.ofNanos(Math.max(0, failures == 0 ? 0 : notBefore - System.nanoTime()));
      if (pause.isZero()) {
        return;
      }
      if (pause.compareTo(WORTH_WAITING) > 0 || pause.compareTo(until.left()) > 0) {
        var last = lastFailure;
        throw new AgentNeverReached(last == null
            ? "The agent on " + server + " keeps ending; it is tried again in " + pause.toSeconds() + " s"
            : String.valueOf(last.getMessage()), last);
      }
      try {
        TimeUnit.NANOSECONDS.sleep(pause.toNanos());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AgentNeverReached("Interrupted while waiting for the agent on " + server, e);
      }
    }
  }
}
