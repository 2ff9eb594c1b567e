package io.chom.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.ssh.Eventually;
import io.chom.testing.RealServices;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/** What all clocks have in common, with a real database there and away. */
@ExtendWith(RealServices.class)
@Timeout(60)
class TickerTests {
  private static final Duration A_DAY = Duration.ofDays(1);
  private static final Duration AT_ONCE = Duration.ofMillis(1);

  private Ticker ticker = ticker(A_DAY, () -> {});

  private static Ticker ticker(Duration every, Runnable tick) {
    return new Ticker("test-clock", every, tick, "Nothing is done for now");
  }

  @AfterEach
  void stop() {
    ticker.stop();
  }

  @Test
  void aTurnThatThrowsWhateverItIsDoesNotEndIt() {
    var turns = new AtomicInteger();
    ticker = ticker(AT_ONCE, () -> {
      switch (turns.incrementAndGet()) {
        case 1 -> throw new CannotCreateTransactionException("no connection");
        case 2 -> throw new DataAccessResourceFailureException("gone");
        case 3 -> throw new IllegalStateException();
        case 4 -> throw new NullPointerException("x");
        default -> {
        }
      }
    });
    ticker.start();
    Eventually.that(() -> turns.get() > 5);
    assertThat(ticker.isRunning()).isTrue();
  }

  @Test
  void aDatabaseThatIsAwayDoesNotEndIt() {
    var nobody = new TransactionTemplate(
        new JdbcTransactionManager(new DriverManagerDataSource("jdbc:postgresql://127.0.0.1:1/chom", "x", "x")));
    var refused = new AtomicInteger();
    ticker = ticker(AT_ONCE, () -> {
      try {
        nobody.executeWithoutResult(status -> {});
      } catch (CannotCreateTransactionException e) {
        refused.incrementAndGet();
        throw e;
      }
    });
    ticker.start();
    Eventually.that(() -> refused.get() > 2);
  }

  @Test
  void stoppingEndsItAtOnceHoweverFarTheNextTurnIs() throws Exception {
    var thread = new CompletableFuture<Thread>();
    ticker = ticker(A_DAY, () -> thread.complete(Thread.currentThread()));
    ticker.start();
    var running = thread.get(30, TimeUnit.SECONDS);
    ticker.stop();
    assertThat(ticker.isRunning()).isFalse();
    assertThat(running.join(Duration.ofSeconds(30))).as("has ended").isTrue();
  }

  @Test
  void stoppingLeavesAStatementInFlightItsConnection() throws Exception {
    var asking = new CompletableFuture<Thread>();
    var wellAfterwards = new CompletableFuture<Boolean>();
    try (var holder = RealServices.asAdministrator(); var lock = holder.createStatement()) {
      lock.execute("select pg_advisory_lock(8462)");
      ticker = ticker(A_DAY, () -> {
        try (var connection = RealServices.asAdministrator(); var statement = connection.createStatement()) {
          statement.execute("set application_name = 'ticker-test'");
          asking.complete(Thread.currentThread());
          statement.execute("select pg_advisory_lock(8462)");
          wellAfterwards.complete(connection.isValid(10) && !Thread.currentThread().isInterrupted());
        } catch (SQLException e) {
          wellAfterwards.completeExceptionally(e);
        }
      });
      ticker.start();
      var running = asking.get(30, TimeUnit.SECONDS);
      Eventually.that(TickerTests::waitsForTheLock);
      ticker.stop();
      lock.execute("select pg_advisory_unlock(8462)");
      assertThat(wellAfterwards.get(30, TimeUnit.SECONDS)).isTrue();
      assertThat(running.join(Duration.ofSeconds(30))).as("no turn follows").isTrue();
    }
  }

  private static boolean waitsForTheLock() {
    try (var connection = RealServices.asAdministrator();
        var statement = connection.createStatement();
        var rows = statement.executeQuery("select 1 from pg_stat_activity where application_name = 'ticker-test'"
            + " and wait_event_type = 'Lock'")) {
      return rows.next();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void startedTwiceItRunsOnceAndAfterAStopItStartsAgain() {
    var turns = new AtomicInteger();
    ticker = ticker(A_DAY, turns::incrementAndGet);
    ticker.start();
    ticker.start();
    Eventually.that(() -> turns.get() == 1);
    ticker.stop();
    ticker.start();
    Eventually.that(() -> turns.get() == 2);
    assertThat(ticker.isRunning()).isTrue();
  }
}
