package io.chom.servers;

import io.chom.agent.AgentServer;
import io.chom.secrets.SecretBox;
import io.chom.ssh.SshCredential;
import io.chom.ssh.SshTarget;
import io.chom.tenancy.TenantContext;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/** Finds a server for whoever works there, and opens the key that the panel logs in with. */
@Component
class ServerAddresses {
  private final ServerRows rows;
  private final SecretBox secrets;
  private final TransactionTemplate transaction;

  ServerAddresses(ServerRows rows, SecretBox secrets, TransactionTemplate transaction) {
    this.rows = rows;
    this.secrets = secrets;
    this.transaction = transaction;
  }

  /**
   * One of the current tenant's own servers, or one it has a place on. Call it outside a transaction: the row may be
   * another tenant's.
   *
   * @throws ServerNotFound it is neither
   */
  ServerRow find(ServerId id) {
    var current = TenantContext.current();
    var owner = read(() -> rows.find(id).map(ServerRow::owner).or(() -> rows.ownerOfAllocated(id)).orElse(current));
    return TenantContext.callAs(owner, () -> read(() -> rows.find(id).orElseThrow(() -> new ServerNotFound(id))));
  }

  AgentServer open(ServerRow server) {
    return open(server, server.loginUser());
  }

  AgentServer open(ServerRow server, String user) {
    var key = new SshCredential.Key(server.keyId(),
        secrets.open(server.privateKeySealed(), ServerRow.keyContext(server.id())), null);
    return new AgentServer(server.id().value(), new SshTarget(server.host(), server.port(), user, key,
        server.hostKey(), server.hostKeyAlgorithm()));
  }

  /** The server by a key that is not the one in force. */
  AgentServer open(ServerRow server, Upkeep.OtherKey other) {
    var key = new SshCredential.Key(other.id(), secrets.open(other.sealed(), ServerRow.keyContext(server.id())), null);
    return new AgentServer(server.id().value(), new SshTarget(server.host(), server.port(), server.loginUser(), key,
        server.hostKey(), server.hostKeyAlgorithm()));
  }

  private <T> T read(java.util.function.Supplier<T> work) {
    return java.util.Objects.requireNonNull(transaction.execute(status -> work.get()));
  }
}
