package io.chom.agent;

import io.chom.ssh.ConnectionLost;
import io.chom.ssh.LineChannel;
import io.chom.ssh.LineChannelEnd;
import io.chom.ssh.SshException;
import io.chom.ssh.SshPool;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * One channel to one agent, carrying all requests by their ids. When it ends, every request on it is lost, which is not
 * failed.
 */
final class Gateway implements LineChannel.Listener {
  private static final int FOREIGN_LINES = 50;

  private final AgentServer server;
  private final AgentProperties properties;
  private final CompletableFuture<AgentHello> hello = new CompletableFuture<>();
  private final AtomicLong ids = new AtomicLong();
  private final Map<String, Pending> pending = new HashMap<>();
  private final long opened = System.nanoTime();
  private volatile long heard = System.nanoTime();
  private volatile @Nullable LineChannel channel;
  private final AtomicBoolean probing = new AtomicBoolean();
  private int foreign;
  private @Nullable AgentException ended;

  private Gateway(AgentServer server, AgentProperties properties) {
    this.server = server;
    this.properties = properties;
  }

  /** Logs in and starts the agent, which is usable after its hello. */
  static Gateway begin(SshPool pool, AgentServer server, AgentProperties properties, Until until) {
    var gateway = new Gateway(server, properties);
    try {
      gateway.channel = pool.openLines(server.target(), "gateway", gateway,
          until.atMost(properties.connectTimeout()));
      return gateway;
    } catch (SshException e) {
      throw new AgentNeverReached(String.valueOf(e.getMessage()), e);
    }
  }

  void awaitHello(Until until) {
    try {
      check(hello.get(until.atMost(properties.connectTimeout()).toNanos(), TimeUnit.NANOSECONDS));
    } catch (ExecutionException e) {
      var why = e.getCause() instanceof AgentException known ? known : new AgentProtocolBroken("it ended", e);
      end(why);
      throw new AgentNeverReached(String.valueOf(why.getMessage()), why);
    } catch (TimeoutException e) {
      end(new AgentProtocolBroken("it said nothing", e));
      throw new AgentNeverReached("The agent on " + server + " was started but did not say hello in time", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      end(new AgentProtocolBroken("nobody waited for its hello", e));
      throw new AgentNeverReached("Interrupted while waiting for the agent on " + server, e);
    }
  }

  private void check(AgentHello said) {
    if (said.protocol() == Wire.PROTOCOL) {
      return;
    }
    var newer = said.protocol() > Wire.PROTOCOL;
    var why = new AgentIncompatible("The agent on " + server + " (version " + said.agent() + ") speaks protocol "
        + said.protocol() + ", this panel speaks " + Wire.PROTOCOL + ". "
        + (newer ? "Update the panel." : "Update the agent from the server's page."), null);
    end(why);
    throw why;
  }

  AgentHello hello() {
    return hello.join();
  }

  /** How long the agent has said nothing at all. */
  Duration silence() {
    return Duration.ofNanos(System.nanoTime() - heard);
  }

  Duration age() {
    return Duration.ofNanos(System.nanoTime() - opened);
  }

  boolean usable() {
    var line = channel;
    synchronized (pending) {
      return ended == null && line != null && line.isOpen();
    }
  }

  /**
   * Puts a request on the channel.
   *
   * @throws NotSent if nothing of it was written
   */
  Pending send(AgentCommand command, @Nullable UUID operation, long fence, Duration limit) throws NotSent {
    var id = "r" + ids.incrementAndGet();
    var line = Wire.request(id, command, operation, fence, properties.maxRequest());
    var request = new Pending(this, id, properties.backlog());
    synchronized (pending) {
      if (ended != null) {
        throw new NotSent("The channel to the agent on " + server + " has just ended", ended);
      }
      pending.put(id, request);
    }
    try {
      var open = channel;
      if (open == null) {
        throw new IllegalStateException("Nothing is sent before the hello");
      }
      open.send(line, limit);
    } catch (ConnectionLost e) {
      if (e.nothingRan()) {
        request.close();
        throw new NotSent(String.valueOf(e.getMessage()), e);
      }
      // part of it may have arrived; the request itself will be told that it is lost
      end(new AgentProtocolBroken("The channel to the agent on " + server + " broke while a request was written", e));
    }
    return request;
  }

  /** Ends the channel if the agent has been silent for long and leaves a ping unanswered too. */
  void probe() {
    if (silence().compareTo(properties.quiet()) < 0 || !probing.compareAndSet(false, true)) {
      return;
    }
    Thread.ofVirtual().name("agent-probe " + server).start(() -> {
      var asked = System.nanoTime();
      try (var ping = send(AgentCommand.of("ping"), null, 0, properties.sendTimeout())) {
        if (ping.next(properties.pingTimeout()) == null) {
          end(unanswered(Duration.ofNanos(System.nanoTime() - asked)));
        }
      } catch (NotSent | InterruptedException e) {
        end(new AgentProtocolBroken("The agent on " + server + " does not take requests", e));
      } finally {
        probing.set(false);
      }
    });
  }

  /** The connection's own keep-alives tell a dead agent from a dead wire. */
  AgentException unanswered(Duration waited) {
    var line = channel;
    return line != null && line.silence().compareTo(waited) < 0
        ? new AgentProtocolBroken("The agent on " + server + " lives but does not answer", null)
        : new AgentConnectionLost("Nothing has come from " + server + " for " + waited.toMillis() + " ms", null);
  }

  /** Whether nobody waits for an answer. */
  boolean idle() {
    synchronized (pending) {
      return pending.isEmpty();
    }
  }

  void forget(String id) {
    synchronized (pending) {
      pending.remove(id);
    }
  }

  @Override
  public void line(String text) {
    heard = System.nanoTime();
    var node = Wire.object(text);
    if (!hello.isDone()) {
      greet(node);
    } else if (node == null) {
      end(new AgentProtocolBroken("On " + server + " something else writes into the agent's channel: "
          + text.substring(0, Math.min(80, text.length())), null));
    } else {
      route(node);
    }
  }

  /** Login scripts may print before the agent speaks, but not for ever. */
  private void greet(@Nullable JsonNode node) {
    if (node != null && node.path("type").asString("").equals("hello")) {
      hello.complete(Wire.hello(node));
    } else if (++foreign > FOREIGN_LINES) {
      end(new AgentProtocolBroken("On " + server + " something prints much text and is not the agent", null));
    }
  }

  private void route(JsonNode node) {
    var id = node.path("id").asString(null);
    var frame = Wire.frame(node);
    if (id == null && frame instanceof Frame.Result(AgentReply.Refused refused, var state, var parts)) {
      // it could not read a request, and cannot say which: one of ours waits for nothing
      end(new AgentProtocolBroken("The agent on " + server + " did not understand: " + refused.message(), null));
      return;
    }
    if (id == null || frame == null) {
      return;
    }
    Pending request;
    synchronized (pending) {
      request = pending.get(id);
    }
    if (request != null) {
      request.hear(frame);
    }
  }

  @Override
  public void closed(LineChannelEnd end) {
    var said = end.stderr().isEmpty() ? "" : ": " + end.stderr().lines().findFirst().orElse("");
    var exit = end.exitCode() == null ? "" : " (exit code " + end.exitCode() + ")";
    var sentence = "The agent's channel on " + server + " ended, " + end.reason() + exit + said;
    // an agent that ends by itself says so by its exit code; without one the connection went under it
    end(end.exitCode() == null ? new AgentConnectionLost(sentence, null) : new AgentProtocolBroken(sentence, null));
  }

  /** Ends the channel, and tells every request on it that it is lost. */
  void end(AgentException why) {
    List<Pending> lost;
    synchronized (pending) {
      if (ended == null) {
        ended = why;
      }
      lost = List.copyOf(pending.values());
      pending.clear();
    }
    hello.completeExceptionally(why);
    lost.forEach(request -> request.hear(new Frame.Lost(why)));
    var open = channel;
    if (open != null) {
      open.close();
    }
  }

  @Override
  public boolean makeWay() {
    synchronized (pending) {
      if (!pending.isEmpty() || !hello.isDone()) {
        return false;
      }
      if (ended == null) {
        ended = new AgentProtocolBroken("The channel to " + server + " made way for another", null);
      }
      return true;
    }
  }
}
