package io.chom.servers;

import io.chom.agent.Agent;
import io.chom.agent.AgentCommand;
import io.chom.agent.AgentException;
import io.chom.agent.AgentHello;
import io.chom.agent.AgentIncompatible;
import io.chom.agent.AgentNeverReached;
import io.chom.agent.AgentReply;
import io.chom.agent.AgentServer;
import io.chom.operations.OperationRefused;
import io.chom.operations.OutcomeUnknown;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** Logs in with the panel's new key and asks the agent how it is. */
@Component
class FirstContact {
  private final Agent agent;
  private final ServerAddresses addresses;
  private final ServersProperties properties;

  FirstContact(Agent agent, ServerAddresses addresses, ServersProperties properties) {
    this.agent = agent;
    this.addresses = addresses;
    this.properties = properties;
  }

  /** What is to be remembered of the server; explains what keeps it from answering. */
  Map<String, Object> greet(ServerRow server, String user, boolean rootless) {
    var address = addresses.open(server, user);
    // an earlier try may have left a failure behind for which the pool would wait
    agent.disconnect(address);
    try {
      return ask(address, user, rootless);
    } catch (AgentIncompatible e) {
      throw new OperationRefused(e.code(), String.valueOf(e.getMessage()), e);
    } catch (AgentNeverReached e) {
      if (Sentences.layerOf(e) == FailingLayer.AUTH) {
        throw new OperationRefused("PANEL_KEY_REFUSED", "The agent is installed, but the server refuses the panel's key"
            + " for user " + user
            + ". Check AllowUsers, PubkeyAuthentication and AuthorizedKeysFile in its sshd_config,"
            + " then enrol it again.", e);
      }
      throw new OutcomeUnknown("The agent is installed, but does not answer yet: " + e.getMessage(), e);
    } catch (AgentException e) {
      throw new OutcomeUnknown("The agent is installed, but does not answer yet: " + e.getMessage(), e);
    }
  }

  /** Whether an earlier worker's bootstrap came to its end. */
  Optional<Map<String, Object>> tryAgain(ServerRow server, String enrolledBy) {
    // a rootless server keeps the login it was enrolled by
    for (var user : List.of(BootstrapReport.PANEL_LOGIN, enrolledBy)) {
      var address = addresses.open(server, user);
      try {
        agent.disconnect(address);
        return Optional.of(ask(address, user, !user.equals(BootstrapReport.PANEL_LOGIN)));
      } catch (AgentException | OperationRefused e) {
        // not this one; without any the bootstrap is repeated
        agent.disconnect(address);
      }
    }
    return Optional.empty();
  }

  private Map<String, Object> ask(AgentServer address, String user, boolean rootless) {
    AgentHello hello = agent.hello(address);
    var health = agent.ask(address, AgentCommand.of("monitor:health"), properties.probeLimit());
    if (health instanceof AgentReply.Refused refused) {
      throw new OperationRefused("AGENT_UNHEALTHY", "The agent is installed, but cannot say how the server is ("
          + refused.code() + "). See the server's journal, then enrol it again.", null);
    }
    return Map.of("agent", hello.agent(), "protocol", hello.protocol(), "os", hello.os(), "hostname", hello.hostname(),
        "user", user, "rootless", rootless);
  }
}
