package io.chom.tenancy;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.testing.ChomTest;
import java.time.Clock;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;

@ChomTest
class DatabaseClockTests {
  private final Clock clock;
  private final JdbcClient jdbc;

  DatabaseClockTests(@Autowired Clock clock, @Autowired JdbcClient jdbc) {
    this.clock = clock;
    this.jdbc = jdbc;
  }

  private Instant database() {
    return jdbc.sql("select clock_timestamp()").query(java.sql.Timestamp.class).single().toInstant();
  }

  @Test
  void thePanelsTimeIsTheDatabases() throws Exception {
    assertThat(clock).isInstanceOf(DatabaseClock.class);
    ((DatabaseClock) clock).look();
    // it knows the database's time to within the round trip of its question
    var before = database().minusMillis(100);
    var told = clock.instant();
    assertThat(told).isBetween(before, database().plusMillis(100));
  }
}
