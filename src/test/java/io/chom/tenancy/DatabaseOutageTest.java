package io.chom.tenancy;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DatabaseOutageTest {
  @ParameterizedTest
  @CsvSource({"08006,true", "57P01,true", "53100,true", "53300,true", "57014,true", "55P03,true", "58030,true",
      "25006,true", "25P03,true", "23505,false", "42P01,false", "40P01,false", "25001,false"})
  void tellsWhatPassesFromWhatIsAFault(String state, boolean outage) {
    assertThat(DatabaseOutage.caused(new IllegalStateException(new SQLException("x", state)))).isEqualTo(outage);
  }

  @Test
  void aFullPoolPasses() {
    assertThat(DatabaseOutage.caused(new SQLTransientConnectionException("no connection within 3 s"))).isTrue();
    assertThat(DatabaseOutage.caused(null)).isFalse();
    assertThat(DatabaseOutage.caused(new IllegalStateException("a fault"))).isFalse();
  }
}
