package io.chom.agent;

import io.chom.ssh.SshTarget;
import java.util.UUID;

/** A server whose agent can be spoken to. */
public record AgentServer(UUID id, SshTarget target) {

  @Override
  public String toString() {
    return target.label();
  }
}
