package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.testing.Rig;
import io.chom.testing.RigHost;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/**
 * Whatever strikes while a backup is taken, looked at, restored or removed: what is shown afterwards is true, nothing is
 * shown as good that is not, and the next one works without anybody's hands.
 */
@Tag("acceptance")
class BackupFaultsAcceptanceIT {
  /** What strikes in the middle, and is over again. */
  enum Fault {
    LINK_CUT {
      @Override
      void strike() {
        host().linkDown();
        // longer than the panel takes for dead
        Pause.of(java.time.Duration.ofSeconds(25));
        host().linkUp();
      }
    },
    POWER_CUT {
      @Override
      void strike() {
        host().powerCut();
        host().powerOn();
        host().awaitLogin();
      }
    },
    PANEL_KILLED {
      @Override
      void strike() throws Exception {
        panel.dies();
      }
    };

    abstract void strike() throws Exception;
  }

  @RegisterExtension
  static final Rig rig = Rig.of(1).withDisk("6G");
  @TempDir
  static Path directory;
  static PanelOnRig panel;
  private static WordPress shop;
  private static int day;

  @BeforeAll
  static void aServerWithAShop() throws Exception {
    panel = PanelOnRig.start(directory, Map.of());
    var server = panel.enrol(host(), "web-1");
    shop = WordPress.site(panel, host(), server, "shop.example").installed().filled(5, 5_000);
  }

  @AfterAll
  static void stop() throws Exception {
    panel.close();
  }

  /** Enough that is new for a backup to take its time. */
  @BeforeEach
  void anotherDayOfTheShop() {
    PanelProcess.await("the site to rest", () -> !newest().path("status").asString("").equals("RUNNING"));
    shop.goesOn(++day);
    shop.sh("head -c 120000000 /dev/urandom >%1$s/wp-content/uploads/large && chown %2$s: %1$s/wp-content/uploads/large"
        .formatted(shop.root(), shop.user()));
  }

  @ParameterizedTest
  @EnumSource
  void aBackupThatIsStruckIsWholeOrNone(Fault fault) throws Exception {
    var asked = backup();
    passes(asked, 36);
    fault.strike();
    var end = panel.ended(asked).path("status").asString();
    var shown = one(asked).path("backup");
    assertThat(shown.path("status").asString()).isEqualTo(end.equals("SUCCEEDED") ? "COMPLETED" : "FAILED");
    if (end.equals("SUCCEEDED")) {
      assertProven(asked);
    }
    theNextOneWorks();
  }

  @ParameterizedTest
  @EnumSource
  void aProofThatIsStruckSaysNothingOrTheTruth(Fault fault) throws Exception {
    var made = backup();
    panel.succeeded(made);
    var proof = verify(made);
    passes(proof, 15);
    fault.strike();
    var end = panel.ended(proof).path("status").asString();
    assertThat(one(made).path("backup").path("proof").asString())
        .isEqualTo(end.equals("SUCCEEDED") ? "PROVEN" : "UNPROVEN");
    theNextOneWorks();
    assertThat(host().sh("mariadb -N -e 'show databases'")).as("nothing it borrowed is left")
        .doesNotContain("chom_scratch").doesNotContain("verify");
  }

  @ParameterizedTest
  @EnumSource
  void aRestoreThatIsStruckEndsWholeOrIsCalledHalf(Fault fault) throws Exception {
    var made = backup();
    panel.succeeded(made);
    var good = shop.files();
    shop.noteRows();
    shop.isLost();
    var restore = restore(made);
    passes(restore, 33);
    fault.strike();
    var end = panel.ended(restore).path("status").asString();
    if (!end.equals("SUCCEEDED")) {
      assertThat(panel.api().get(shop.path()).ok().path("status").asString()).isEqualTo("FAILED");
      panel.succeeded(restore(made));
    }
    assertThat(shop.files()).isEqualTo(good);
    assertThat(shop.otherRows()).isEmpty();
    assertThat(panel.api().get(shop.path()).ok().path("status").asString()).isEqualTo("ACTIVE");
    shop.answers();
    theNextOneWorks();
  }

  @ParameterizedTest
  @EnumSource
  void aRemovalThatIsStruckNeverLeavesARuinThatLooksGood(Fault fault) throws Exception {
    var made = backup();
    panel.succeeded(made);
    panel.succeeded(verify(made));
    var removal = panel.api().delete(shop.path() + "/backups/" + made.path("id").asString()).ok();
    passes(removal, 3);
    fault.strike();
    if (panel.ended(removal).path("status").asString().equals("SUCCEEDED")) {
      assertThat(panel.api().get(shop.path() + "/backups").ok().toString()).doesNotContain(made.path("id").asString());
    } else {
      PanelProcess.await("somebody to look at what is left",
          () -> !one(made).path("backup").path("proof").asString().equals("UNPROVEN"));
      if (one(made).path("backup").path("proof").asString().equals("PROVEN")) {
        assertProven(made);
      }
    }
    theNextOneWorks();
  }

  @Test
  void aFullDiskIsNamedAndWhenThereIsRoomTheNextOneWorks() {
    shop.sh("fallocate -l $(( $(df -B1 --output=avail /var/backups | tail -n 1) - 20000000 )) /var/tmp/filler");
    try {
      var full = backup();
      var end = panel.ended(full);
      assertThat(end.path("error").path("code").asString()).as("%s", end).isEqualTo("NO_ROOM");
      assertThat(one(full).path("backup").path("status").asString()).isEqualTo("FAILED");
      shop.answers();
    } finally {
      shop.sh("rm -f /var/tmp/filler");
    }
    theNextOneWorks();
  }

  @Test
  void aTargetThatIsGoneIsNotMadeAnewAndWhenItIsBackTheNextOneWorks() {
    panel.succeeded(backup());
    // as when a disk is not mounted
    shop.sh("mv /var/backups/chom /var/backups/away && mkdir -m 700 /var/backups/chom");
    try {
      var gone = backup();
      assertThat(panel.ended(gone).path("status").asString()).isEqualTo("FAILED");
      assertThat(one(gone).path("backup").path("status").asString()).isEqualTo("FAILED");
      assertThat(host().sh("find /var/backups/chom -name config")).isBlank();
    } finally {
      shop.sh("rm -r /var/backups/chom && mv /var/backups/away /var/backups/chom");
    }
    theNextOneWorks();
  }

  @Test
  void aRepositoryOfAnotherKeyIsLeftAloneAndWithItsOwnTheNextOneWorks() {
    var made = backup();
    panel.succeeded(made);
    var repositories = "/var/backups/chom/" + shop.id();
    shop.sh("""
        printf other >/run/other
        for one in %s*; do mv $one $one.own; restic -q -r $one -p /run/other init; done
        """.formatted(repositories));
    try {
      for (var ask : List.<Supplier<JsonNode>>of(BackupFaultsAcceptanceIT::backup, () -> verify(made),
          () -> restore(made))) {
        var end = panel.ended(ask.get());
        assertThat(end.path("error").path("code").asString()).as("%s", end).isEqualTo("REPOSITORY_KEY_WRONG");
      }
      assertThat(one(made).path("backup").path("proof").asString()).isEqualTo("UNPROVEN");
      assertThat(panel.api().get(shop.path()).ok().path("status").asString()).isEqualTo("ACTIVE");
    } finally {
      shop.sh("for own in %s*.own; do rm -r ${own%%.own} && mv $own ${own%%.own}; done".formatted(repositories));
    }
    assertProven(made);
    theNextOneWorks();
  }

  @Test
  void aDamagedRepositoryIsFoundAndTheNextBackupDoesNotCountOnIt() {
    var made = backup();
    panel.succeeded(made);
    shop.sh(
        """
            for pack in $(find /var/backups/chom/%s*/data -type f -size +100k); do
              size=$(stat -c %%s "$pack")
              for ((at = 50; at < size; at += size / 7)); do printf x | dd of="$pack" bs=1 seek=$at conv=notrunc status=none; done
            done
            """
            .formatted(shop.id()));
    panel.succeeded(verify(made));
    assertThat(one(made).path("backup").path("proof").asString()).isEqualTo("BROKEN");
    PanelProcess.await("a new one that nobody asked for", () -> newest().path("status").asString().equals("COMPLETED")
        && !newest().path("id").asString().equals(made.path("id").asString()));
    theNextOneWorks();
  }

  private static void theNextOneWorks() {
    PanelProcess.await("the site to rest", () -> !newest().path("status").asString().equals("RUNNING"));
    var next = backup();
    panel.succeeded(next);
    assertProven(next);
  }

  private static void assertProven(JsonNode made) {
    panel.succeeded(verify(made));
    var proof = one(made).path("lastProof");
    assertThat(proof.path("outcome").asString()).as("%s", proof).isEqualTo("PROVEN");
  }

  private static JsonNode backup() {
    return panel.api().post(shop.path() + "/backups", Map.of("type", "full")).ok();
  }

  private static JsonNode verify(JsonNode made) {
    return panel.api().post(shop.path() + "/backups/" + made.path("id").asString() + "/verify", Map.of()).ok();
  }

  private static JsonNode restore(JsonNode made) {
    return panel.api().post(shop.path() + "/backups/" + made.path("id").asString() + "/restore", Map.of("what", "full"))
        .ok();
  }

  private static JsonNode one(JsonNode made) {
    return panel.api().get(shop.path() + "/backups/" + made.path("id").asString()).ok();
  }

  private static JsonNode newest() {
    return panel.api().get(shop.path() + "/backups").ok().path("items").path(0);
  }

  /** Waits until the work is that far, or over. */
  private static void passes(JsonNode asked, int percent) {
    var id = asked.path("operation").path("id").asString();
    PanelProcess.await("it to be on its way", () -> {
      var operation = panel.operation(id);
      return operation.path("progress").asInt() >= percent || !operation.path("finishedAt").isNull();
    });
  }

  private static RigHost host() {
    return rig.full(0);
  }
}
