package io.chom.secrets;

import org.springframework.beans.factory.InitializingBean;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Refuses to start on a database whose secrets were sealed under another master key. */
@Component
class MasterKeyCheck implements InitializingBean {
  private static final String SETTING = "master-key.check";

  private final JdbcClient jdbc;
  private final SecretBox secrets;

  MasterKeyCheck(JdbcClient jdbc, SecretBox secrets) {
    this.jdbc = jdbc;
    this.secrets = secrets;
  }

  @Override
  public void afterPropertiesSet() {
    jdbc.sql("insert into setting (key, value) values (:key, :value) on conflict (key) do nothing")
        .param("key", SETTING).param("value", secrets.seal("CHOM", SETTING)).update();
    String kept = jdbc.sql("select value from setting where key = :key").param("key", SETTING).query(String.class)
        .single();
    secrets.open(kept, SETTING);
  }
}
