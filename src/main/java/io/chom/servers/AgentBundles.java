package io.chom.servers;

import io.chom.secrets.SecretBox;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/** The agent this panel ships, signed by the installation's key; made once, when it is first needed. */
@Component
class AgentBundles {
  private static final String PRIVATE = "agent.signing-key.private";
  private static final String PUBLIC = "agent.signing-key.public";

  private final JdbcClient jdbc;
  private final SecretBox secrets;
  private final TransactionTemplate transaction;
  private volatile @Nullable AgentBundle current;

  AgentBundles(JdbcClient jdbc, SecretBox secrets, TransactionTemplate transaction) {
    this.jdbc = jdbc;
    this.secrets = secrets;
    this.transaction = transaction;
  }

  AgentBundle current() {
    var known = current;
    if (known == null) {
      known = AgentBundle.of(AgentBundle.shipped(), AgentSigner.of(signingKey()));
      current = known;
    }
    return known;
  }

  /** Of several nodes that start together one makes the key, and all read the same. */
  private AgentSigner.Pair signingKey() {
    return java.util.Objects.requireNonNull(transaction.execute(status -> {
      jdbc.sql("select pg_advisory_xact_lock(hashtextextended('chom.agent.signing-key', 0))").query(row -> {});
      var known = setting(PUBLIC);
      if (known == null) {
        var fresh = AgentSigner.generate();
        store(PRIVATE, secrets.seal(fresh.privateKey(), PRIVATE));
        store(PUBLIC, fresh.publicKey());
        return fresh;
      }
      var sealed = java.util.Objects.requireNonNull(setting(PRIVATE), "the agent's private signing key is missing");
      return new AgentSigner.Pair(secrets.open(sealed, PRIVATE), known);
    }));
  }

  private @Nullable String setting(String key) {
    return jdbc.sql("select value from setting where key = :key").param("key", key).query(String.class).optional()
        .orElse(null);
  }

  private void store(String key, String value) {
    jdbc.sql("insert into setting (key, value) values (:key, :value)").param("key", key).param("value", value)
        .update();
  }
}
