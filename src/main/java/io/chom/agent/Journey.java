package io.chom.agent;

import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One operation on its way to its end. It is written at most once without knowing; after every loss the server's journal
 * is asked before anything else, and read on from the last event that was heard.
 */
final class Journey {
  private static final int FIRST_TRIES = 3;
  private static final int DOUBTS = 5;

  private final Gateways gateways;
  private final AgentProperties properties;
  private final AgentServer server;
  private final AgentCommand command;
  private final UUID operation;
  private final long fence;
  private final AgentEvents listener;
  private final Until until;
  private long offset;
  private boolean sent;
  private boolean ask;
  private boolean silent;
  private int doubts;

  Journey(Gateways gateways, AgentProperties properties, AgentServer server, AgentCommand command, UUID operation,
      long fence, long fromOffset, AgentEvents listener, Until until) {
    this.gateways = gateways;
    this.properties = properties;
    this.server = server;
    this.command = command;
    this.operation = operation;
    this.fence = fence;
    this.offset = fromOffset;
    this.listener = listener;
    this.until = until;
    this.ask = fromOffset > 0;
  }

  AgentReply toItsEnd() {
    for (var attempt = 1;; attempt++) {
      AgentException trouble;
      try {
        var reply = stage(gateways.get(server, until));
        if (reply != null) {
          return reply;
        }
        trouble = null;
      } catch (NotSent e) {
        trouble = new AgentNeverReached(String.valueOf(e.getMessage()), e.getCause());
      } catch (AgentNeverReached | AgentIncompatible | AgentProtocolBroken e) {
        if (!sent && offset == 0) {
          throw e;
        }
        trouble = e;
      } catch (AgentOutcomeUnknown e) {
        // it could not be asked just now; while there is time, it can be asked again
        if (until.passed() || Thread.currentThread().isInterrupted()) {
          throw e;
        }
        trouble = e;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw silent("whoever waited was interrupted", e);
      }
      if (!sent && offset == 0 && trouble != null && attempt >= FIRST_TRIES) {
        throw trouble;
      }
      if (trouble != null) {
        unheard(trouble);
      }
      pause(trouble);
    }
  }

  /** As far as one channel carries; null when there is more to do on another. */
  private @Nullable AgentReply stage(Gateway gateway) throws NotSent, InterruptedException {
    if (ask) {
      var known = known(gateway);
      heardAgain();
      if (!known.unknown()) {
        try (var request = gateway.send(attach(), null, 0, until.atMost(properties.sendTimeout()))) {
          return follow(request);
        }
      }
      if (offset > 0) {
        return new AgentReply.Refused("OPERATION_UNKNOWN", "The server " + server
            + " no longer knows an operation it had begun. Its journal was lost; look at the server before repeating.",
            false);
      }
    }
    try (var request = gateway.send(command, operation, fence, until.atMost(properties.sendTimeout()))) {
      // from here on it may have arrived, whatever happens
      sent = true;
      ask = true;
      return follow(request);
    }
  }

  /**
   * An agent that cannot say it may be none any more: taken away while its channel was open. Who still needs the channel
   * keeps it; else the next try finds out by a new one.
   */
  private AgentOperation known(Gateway gateway) {
    try {
      return AgentOperations.known(ask());
    } catch (AgentProtocolBroken e) {
      if (gateway.makeWay()) {
        gateway.end(e);
      }
      throw e;
    }
  }

  private void unheard(AgentException why) {
    if (sent || offset > 0) {
      silent = true;
      listener.silent(why);
    }
  }

  private void heardAgain() {
    if (silent) {
      silent = false;
      listener.heard();
    }
  }

  private AgentReply ask() {
    var question = Question.aboutOperation("operation:status", operation, Map.of());
    return new Question(gateways, properties, server, question, until).answer();
  }

  private AgentCommand attach() {
    return Question.aboutOperation("operation:attach", operation, Map.of("from", offset));
  }

  private @Nullable AgentReply follow(Pending request) throws InterruptedException {
    var parts = new StringBuilder();
    while (true) {
      var frame = request.next(until.atMost(properties.quiet()));
      switch (frame) {
        case null -> stillThere(request.gateway);
        case Frame.Progress(int percent, String step, long after) when after > offset -> {
          listener.progress(percent, step, after);
          offset = after;
        }
        case Frame.Output(String stream, String data, long after) when after > offset -> {
          listener.output(stream, data, after);
          offset = after;
        }
        case Frame.Progress heardBefore -> {
        }
        case Frame.Output heardBefore -> {
        }
        case Frame.Part(String text) when parts.length() + text.length() <= properties.maxAnswer() ->
          parts.append(text);
        case Frame.Part tooMuch -> throw new AgentProtocolBroken("The agent's answer to " + command + " is longer than "
            + properties.maxAnswer() + " characters", null);
        case Frame.Result result -> {
          return believe(Question.whole(result, parts));
        }
        case Frame.Lost lost -> {
          unheard(lost.why());
          return null;
        }
        case Frame.Overflow overflow -> {
          return null;
        }
      }
    }
  }

  /**
   * A result with a state is the operation's own end. One without says that the request was refused; where that may be
   * the channel's trouble and not the operation's, the journal decides.
   */
  private @Nullable AgentReply believe(Frame.Result result) {
    if (result.state() == null && result.reply() instanceof AgentReply.Refused refused
        && (refused.retryable() || refused.code().equals("INTERNAL")) && doubts++ < DOUBTS) {
      var known = AgentOperations.known(ask());
      return known.unknown() ? refused : null;
    }
    return result.reply();
  }

  private void stillThere(Gateway gateway) {
    if (until.passed()) {
      throw silent("it is still at work, or silent", null);
    }
    gateway.probe();
  }

  private void pause(@Nullable AgentException trouble) {
    if (until.passed()) {
      throw silent("the connection was lost", trouble);
    }
    if (trouble == null) {
      return;
    }
    var nanos = Math.min(until.left().toNanos(),
        properties.backOff().toNanos() + ThreadLocalRandom.current().nextLong(properties.backOff().toNanos() + 1));
    try {
      TimeUnit.NANOSECONDS.sleep(nanos);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw silent("whoever waited was interrupted", e);
    }
  }

  private AgentException silent(String why, @Nullable Throwable cause) {
    return sent || offset > 0
        ? new AgentOutcomeUnknown("The end of " + command + " on " + server + " was not seen within "
            + until.limit().toMillis() + " ms: " + why, cause)
        : new AgentNeverReached("Nothing of " + command + " was sent to " + server + ": " + why, cause);
  }
}
