package io.chom.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.testing.RealServices;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.mock.env.MockEnvironment;

/** The panel copies itself in time, once, keeps the newest, and hides no failure. */
@ExtendWith(RealServices.class)
class ScheduledPanelBackupTests {
  @TempDir
  private Path directory;
  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();

  @BeforeEach
  void nothingWasMadeYet() {
    RealServices.asAdministrator("delete from panel_backup");
  }

  private ScheduledPanelBackup node(Path where, int keep) {
    var app = RealServices.logins().app();
    return new ScheduledPanelBackup(
        new PanelBackupProperties(where.toString(), Duration.ofDays(1), keep, "a passphrase for tests", ""),
        RealServices.logins(), new MockEnvironment().withProperty("chom.master-key", RealServices.MASTER_KEY),
        JdbcClient.create(new DriverManagerDataSource(app.url(), app.user(), app.password())), metrics);
  }

  private static void pass(String time) {
    RealServices.asAdministrator("update panel_backup set started_at = started_at - interval '" + time + "'");
  }

  private double figure(String name) {
    return metrics.get(name).gauge().value();
  }

  @Test
  void oneIsMadeWhenItIsDueAndNoneBefore() {
    var node = node(directory, 3);
    assertThat(node.makeIfDue()).hasValueSatisfying(file -> assertThat(
        BackupFile.check(file, "a passphrase for tests").masterKey()).isEqualTo(RealServices.MASTER_KEY));
    assertThat(node.makeIfDue()).isEmpty();
    assertThat(figure("chom.panel.backup.age")).isBetween(0.0, 600.0);
    pass("23 hours");
    assertThat(node.makeIfDue()).isEmpty();
    pass("2 hours");
    assertThat(node.makeIfDue()).isPresent();
    assertThat(node.trouble()).isEmpty();
  }

  @Test
  void nodesThatTickTogetherMakeOne() throws Exception {
    try (var nodes = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<Optional<Path>> tick = () -> node(directory, 3).makeIfDue();
      var made = nodes.invokeAll(List.of(tick, tick, tick));
      long files = 0;
      for (var one : made) {
        files += one.get().isPresent() ? 1 : 0;
      }
      assertThat(files).isOne();
    }
  }

  @Test
  void theOldestGoAndTheNewestStays() throws IOException {
    var foreign = Files.writeString(directory.resolve("chom-panel-20200101T000000Z.backup"), "somebody else's");
    var node = node(directory, 2);
    Optional<Path> newest = Optional.empty();
    for (int i = 1; i <= 3; i++) {
      newest = node.makeIfDue();
      // names tell seconds
      var file = newest.orElseThrow();
      var named = Files.move(file, file.resolveSibling("chom-panel-2026010" + i + "T000000Z.backup"));
      RealServices.asAdministrator("update panel_backup set file = '" + named + "' where file = '" + file + "'");
      pass("1 day");
    }
    var last = node.makeIfDue().orElseThrow();
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactlyInAnyOrder(foreign, directory.resolve("chom-panel-20260103T000000Z.backup"),
          last);
    }
  }

  @Test
  void aFailureIsToldUntilOneSucceedsAndTriedAgainSoon() throws IOException {
    var missing = directory.resolve("unplugged");
    var node = node(missing, 3);
    assertThat(node.makeIfDue()).isEmpty();
    assertThat(node.trouble())
        .hasValueSatisfying(text -> assertThat(text).contains("could not be backed up", "unplugged"));
    assertThat(figure("chom.panel.backup.missed")).isOne();
    Files.createDirectory(missing);
    assertThat(node.makeIfDue()).isPresent();
    assertThat(node.trouble()).isEmpty();
    assertThat(figure("chom.panel.backup.missed")).isZero();
  }

  @Test
  void oneThatDiedIsCalledFailedAndLeavesNothing() throws IOException {
    var dead = directory.resolve("dead.backup");
    Files.writeString(directory.resolve(".dead.backup.part"), "half");
    RealServices
        .asAdministrator("insert into panel_backup (status, started_by, host, file, started_at) values ('RUNNING',"
            + " 'clock', 'x', '" + dead + "', now() - interval '1 hour')");
    assertThat(node(directory, 3).makeIfDue()).isPresent();
    assertThat(directory.resolve(".dead.backup.part")).doesNotExist();
  }

  @Test
  void aPanelThatIsNotToldToMakesNone() {
    assertThat(node(Path.of(""), 3).makeIfDue()).isEmpty();
    assertThat(metrics.get("chom.panel.backup.age").gauge().value()).isNaN();
  }
}
