package io.chom.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.common.Uuid7;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Idempotency keys of two tenants, and a clock that is set forward. */
@ExtendWith(RealServices.class)
@SpringBootTest(properties = "chom.worker.enabled=false")
class IdempotencyClockTests {
  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();
  @Autowired
  @Qualifier("jobsDataSource")
  DataSource jobs;
  @Autowired
  WorkerProperties properties;

  @BeforeEach
  void nothingElseIsOld() {
    RealServices.asAdministrator("delete from idempotency_key");
  }

  @Test
  void forgetsKeysOfEveryTenantADayLaterAndNotSooner() throws Exception {
    insert(acme, 3, "23 hours");
    insert(globex, 2, "0 hours");

    assertThat(in(Duration.ZERO).tick(100)).isZero();
    assertThat(in(Duration.ofHours(2)).tick(100)).isEqualTo(3);
    assertThat(count(acme)).isZero();
    assertThat(count(globex)).isEqualTo(2);
    assertThat(in(Duration.ofHours(25)).tick(100)).isEqualTo(2);
    assertThat(count(globex)).isZero();
  }

  @Test
  void takesTheOldestFirstAndOnlySoManyAtOnce() throws Exception {
    insert(acme, 5, "30 hours");
    insert(globex, 5, "40 hours");
    assertThat(in(Duration.ZERO).tick(6)).isEqualTo(6);
    assertThat(count(globex)).isZero();
    assertThat(count(acme)).isEqualTo(4);
    assertThat(in(Duration.ZERO).tick(6)).isEqualTo(4);
    assertThat(in(Duration.ZERO).tick(6)).isZero();
  }

  @Test
  void readsNeitherRequestsNorAnswers() {
    assertThatThrownBy(() -> JdbcClient.create(jobs).sql("select response from idempotency_key").query().listOfRows())
        .isInstanceOf(DataAccessException.class).hasStackTraceContaining("permission denied");
  }

  private IdempotencyClock in(Duration later) {
    return new IdempotencyClock(jobs, properties, Clock.offset(Clock.systemUTC(), later));
  }

  private static void insert(Tenants tenant, int count, String age) {
    for (int i = 0; i < count; i++) {
      RealServices.asAdministrator("insert into idempotency_key (tenant_id, user_or_token, key, request_hash, status,"
          + " created_at) values ('" + tenant.id() + "', '" + Uuid7.next() + "', 'k" + i
          + "', 'x', 202, now() - interval '"
          + age + "')");
    }
  }

  private static long count(Tenants tenant) throws SQLException {
    try (var database = RealServices.asAdministrator();
        var count = database.prepareStatement("select count(*) from idempotency_key where tenant_id = ?")) {
      count.setObject(1, UUID.fromString(tenant.id().toString()));
      try (var rows = count.executeQuery()) {
        rows.next();
        return rows.getLong(1);
      }
    }
  }
}
