package io.chom;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.testing.ChomTest;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

@ChomTest
class PanelStartTests {
  @Test
  void startsOnRealServers(@Autowired DataSource database) throws Exception {
    try (var connection = database.getConnection();
        var statement = connection.createStatement();
        var rows = statement.executeQuery("select current_user")) {
      rows.next();
      assertThat(rows.getString(1)).isEqualTo("chom_app");
    }
  }
}
