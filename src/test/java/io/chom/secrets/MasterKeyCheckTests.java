package io.chom.secrets;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.testing.RealServices;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

class MasterKeyCheckTests {
  private static SecretBox box(int fill) {
    var key = new byte[32];
    java.util.Arrays.fill(key, (byte) fill);
    return new SecretBox(new SecretsProperties(Base64.getEncoder().encodeToString(key)));
  }

  @Test
  void aDatabaseRefusesAnotherKeyThanItsFirst() {
    var logins = RealServices.emptyDatabase("keys");
    RealServices.migrate(logins);
    var app = logins.app();
    var jdbc = JdbcClient.create(new DriverManagerDataSource(app.url(), app.user(), app.password()));
    new MasterKeyCheck(jdbc, box(1)).afterPropertiesSet();
    assertThatCode(() -> new MasterKeyCheck(jdbc, box(1)).afterPropertiesSet()).doesNotThrowAnyException();
    assertThatThrownBy(() -> new MasterKeyCheck(jdbc, box(2)).afterPropertiesSet())
        .hasMessageContaining("CHOM_MASTER_KEY").hasMessageContaining("start CHOM with the key that was in use");
  }
}
