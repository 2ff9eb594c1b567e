package io.chom.servers;

import io.chom.agent.AgentConnectionLost;
import io.chom.agent.AgentNeverReached;
import io.chom.agent.AgentOutcomeUnknown;
import io.chom.ssh.AuthenticationRejected;
import io.chom.ssh.ConnectionLost;
import io.chom.ssh.CredentialUnusable;
import io.chom.ssh.HostKeyRejected;
import io.chom.ssh.HostUnreachable;
import io.chom.ssh.PoolExhausted;
import org.jspecify.annotations.Nullable;

/** Says in one sentence why a server could not be reached, and what helps. */
final class Sentences {
  private Sentences() {}

  static FailingLayer layerOf(Throwable fault) {
    return switch (reason(fault)) {
      case HostUnreachable e -> switch (e.layer()) {
        case DNS -> FailingLayer.DNS;
        case TCP -> FailingLayer.TCP;
        case KEX -> FailingLayer.KEX;
      };
      case HostKeyRejected _ -> FailingLayer.HOST_KEY;
      case AuthenticationRejected _ -> FailingLayer.AUTH;
      case CredentialUnusable _ -> FailingLayer.AUTH;
      case AgentConnectionLost _,ConnectionLost _ -> FailingLayer.TCP;
      case PoolExhausted e when e.connecting() -> FailingLayer.TCP;
      default -> FailingLayer.AGENT;
    };
  }

  static String notReached(String where, FailingLayer layer) {
    return switch (layer) {
      case DNS -> "The name of " + where + " has no address. Check the spelling and its DNS record.";
      case TCP -> "Nothing answers at " + where
          + ". Check that the server is on, that SSH listens on this port, and that no firewall is between.";
      case KEX -> "Something answers at " + where + ", but it does not speak SSH with the panel. Check the port.";
      case HOST_KEY -> "The host key of " + where + " is not the approved one. An operator must compare it on the"
          + " server and approve it; until then nothing is sent there.";
      case AUTH -> where + " refuses the panel's login. Check the user chom and its authorized_keys there, or enrol the"
          + " server again at the same address.";
      case AGENT -> "The login to " + where + " works, but the agent behind it does not answer. Enrolling the server"
          + " again repairs it.";
    };
  }

  /** What the agent's conversation failed of, or what it was itself. */
  static Throwable reason(Throwable fault) {
    Throwable cause = fault.getCause();
    return (fault instanceof AgentNeverReached || fault instanceof AgentOutcomeUnknown) && cause != null
        ? cause
        : fault;
  }

  static @Nullable HostKeyRejected otherHostKey(Throwable fault) {
    return reason(fault) instanceof HostKeyRejected rejected ? rejected : null;
  }
}
