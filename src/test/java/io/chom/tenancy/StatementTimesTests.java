package io.chom.tenancy;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.testing.ChomTest;
import io.chom.testing.Tenants;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.simple.JdbcClient;

/** On the real database, through the panel's own connections. */
@ChomTest
@ExtendWith(OutputCaptureExtension.class)
class StatementTimesTests {
  @Autowired
  JdbcClient jdbc;
  @Autowired
  MeterRegistry meters;
  final Tenants acme = Tenants.acme();

  private void sleep(double seconds, String alias, String secret) {
    TenantContext.runAs(acme.id(), () -> jdbc
        .sql("select pg_sleep(" + seconds + "), 'secret of acme' as " + alias + " where :value <> '' and 4711 = 4711")
        .param("value", secret).query(row -> {}));
  }

  @Test
  void aSlowStatementIsNamedWithoutAnyValue(CapturedOutput log) {
    var alias = "a" + UUID.randomUUID().toString().replace("-", "");
    sleep(0.2, alias, "what was typed");
    sleep(0.2, alias, "what was typed then");
    assertThat(log.getOut().lines().filter(line -> line.contains(alias))).as("once in ten seconds").singleElement()
        .asString().contains("Slow statement: ", " as chom-app, fingerprint ", "select pg_sleep(?), ? as " + alias)
        .doesNotContain("secret of acme", "what was typed", "4711", acme.id().toString(), "set_config");
  }

  @Test
  void aQuickOneIsCountedOnly(CapturedOutput log) {
    var alias = "b" + UUID.randomUUID().toString().replace("-", "");
    int before = StatementCount.ofThread();
    double counted = timed();
    sleep(0, alias, "x");
    assertThat(StatementCount.ofThread()).isEqualTo(before + 1);
    assertThat(timed()).isGreaterThan(counted);
    assertThat(log.getOut()).doesNotContain("fingerprint " + alias);
  }

  private double timed() {
    return meters.get("chom.database.statements").tag("login", "chom-app").tag("outcome", "ok").timer().count();
  }

  @Test
  void statementsThatDifferInValuesOnlyHaveOneText() {
    assertThat(StatementTimes.masked("select * from t where a in ($1, $2,$3) and b = 'it''s' and c = 12.5"))
        .isEqualTo(StatementTimes.masked("select *\n from t where a in ($4, $5) and b = '' and c = 7"));
    assertThat(StatementTimes.masked("select set_config('chom.tenant', 'x', true);\nselect 1")).isEqualTo("select ?");
    assertThat(StatementTimes.masked("select column1 from t2")).isEqualTo("select column1 from t2");
  }
}
