package io.chom.servers;

import io.chom.agent.Agent;
import io.chom.agent.AgentCommand;
import io.chom.agent.AgentException;
import io.chom.agent.AgentReply;
import io.chom.agent.AgentServer;
import io.chom.operations.OperationNotSent;
import io.chom.secrets.SecretUnreadable;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.springframework.stereotype.Service;
import tools.jackson.databind.JsonNode;

/** Asks a server's agent something that changes nothing there, while a person waits. */
@Service
public class ServerQuestions {
  private final ServerAddresses addresses;
  private final HostKeyGuard guard;
  private final Agent agent;

  ServerQuestions(ServerAddresses addresses, HostKeyGuard guard, Agent agent) {
    this.addresses = addresses;
    this.guard = guard;
    this.agent = agent;
  }

  /**
   * The agent's answer, or none after the limit, connecting included. Call it outside a transaction.
   *
   * @throws ServerNotReached there was no answer in time
   * @throws QuestionRefused the agent refuses it
   */
  public JsonNode ask(ServerId server, AgentCommand command, Duration limit) {
    var row = addresses.find(server);
    try {
      guard.refuseIfStopped(row);
    } catch (OperationNotSent e) {
      throw new ServerNotReached(FailingLayer.HOST_KEY, Sentences.notReached(row.name(), FailingLayer.HOST_KEY), e);
    }
    var address = open(row);
    // connecting may take longer than anybody waits; it goes on, and the next question finds it done
    // the agent's own limit lies after ours: what a person reads must not hang on which of the two ends first
    var question = new FutureTask<>(() -> agent.ask(address, command, limit.plusSeconds(1)));
    Thread.ofVirtual().name("question-" + row.id()).start(question);
    return switch (answer(question, row, limit)) {
      case AgentReply.Done done -> done.data();
      case AgentReply.Refused refused -> throw new QuestionRefused(refused.code(), refused.message());
    };
  }

  private AgentServer open(ServerRow row) {
    try {
      return addresses.open(row);
    } catch (SecretUnreadable e) {
      throw new ServerNotReached(FailingLayer.AUTH, Sentences.notReached(row.name(), FailingLayer.AUTH), e);
    }
  }

  private static AgentReply answer(FutureTask<AgentReply> question, ServerRow row, Duration limit) {
    try {
      return question.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new ServerNotReached(FailingLayer.AGENT, row.name() + " did not answer within " + limit.toSeconds()
          + " seconds.", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof AgentException fault) {
        var layer = Sentences.layerOf(fault);
        throw new ServerNotReached(layer, Sentences.notReached(row.name(), layer), fault);
      }
      throw new IllegalStateException("A question to " + row.name() + " failed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ServerNotReached(FailingLayer.AGENT, "The question to " + row.name() + " was broken off.", e);
    }
  }
}
