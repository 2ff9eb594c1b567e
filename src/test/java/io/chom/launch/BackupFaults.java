package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.testing.Rig;
import io.chom.testing.RigHost;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/**
 * Whatever strikes while a backup is taken, looked at, restored or removed: what is shown afterwards is true, nothing is
 * shown as good that is not, and the next one works without anybody's hands. Each kind of place has a class of its own.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class BackupFaults {
  /** What strikes in the middle, and is over again. */
  enum Fault {
    LINK_CUT {
      @Override
      void strike(BackupFaults on) {
        on.host().linkDown();
        // longer than the panel takes for dead
        Pause.of(Duration.ofSeconds(25));
        on.host().linkUp();
      }
    },
    POWER_CUT {
      @Override
      void strike(BackupFaults on) {
        on.host().powerCut();
        on.host().powerOn();
        on.host().awaitLogin();
      }
    },
    PANEL_KILLED {
      @Override
      void strike(BackupFaults on) throws Exception {
        on.panel.dies();
      }
    },
    TARGET_SILENT {
      @Override
      void strike(BackupFaults on) throws Exception {
        far(on).targetFallsSilent();
        // longer than ssh takes for dead
        Pause.of(Duration.ofSeconds(90));
        far(on).targetSpeaksAgain();
      }
    },
    TARGET_POWER_CUT {
      @Override
      void strike(BackupFaults on) throws Exception {
        far(on).targetLosesPower();
        far(on).targetIsBack();
      }
    };

    abstract void strike(BackupFaults on) throws Exception;

    private static FarBackupFaults far(BackupFaults on) {
      return (FarBackupFaults) on;
    }

    /** Strikes while the place is read: later nothing is asked of it any more. */
    boolean ofTarget() {
      return this == TARGET_SILENT || this == TARGET_POWER_CUT;
    }
  }

  /** The agent's commands in the middle of which one of them strikes. */
  static final Set<String> STRUCK = Set.of("backup:create", "backup:verify", "backup:restore", "backup:undo",
      "backup:delete");

  @RegisterExtension
  final Rig rig;
  @TempDir
  static Path directory;
  PanelOnRig panel;
  WordPress shop;
  private int day;

  BackupFaults(int hosts) {
    rig = Rig.of(hosts).withDisk("6G");
  }

  @BeforeAll
  void aServerWithAShop() throws Exception {
    panel = PanelOnRig.start(directory, Map.of("CHOM_OUTBOUND_ALLOW", beside() + "/24"));
    var server = panel.enrol(host(), "web-1");
    shop = WordPress.site(panel, host(), server, "shop.example").installed().filled(5, 5_000);
    openTarget();
  }

  @AfterAll
  void stop() throws Exception {
    panel.close();
  }

  abstract Stream<Fault> faults();

  /** Makes the target that the backups go to, where there is to be one. */
  void openTarget() throws Exception {}

  /** Its id; null for the server's own directory. */
  @Nullable
  String target() {
    return null;
  }

  /** The directory in which the target keeps everything, as {@link #there} sees it. */
  abstract String keptIn();

  /** What the names of the shop's repositories there begin with. */
  String repositories() {
    return keptIn() + "/" + shop.id();
  }

  /** Runs a script as root on the machine of the target. */
  String there(String script) throws Exception {
    return host().sh(script);
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
  @MethodSource("faults")
  void aBackupThatIsStruckIsWholeOrNone(Fault fault) throws Exception {
    var asked = backup();
    passes(asked, 36);
    fault.strike(this);
    var end = panel.ended(asked).path("status").asString();
    var shown = one(asked).path("backup");
    assertThat(shown.path("status").asString()).isEqualTo(end.equals("SUCCEEDED") ? "COMPLETED" : "FAILED");
    if (end.equals("SUCCEEDED")) {
      assertProven(asked);
    }
    theNextOneWorks();
  }

  @ParameterizedTest
  @MethodSource("faults")
  void aProofThatIsStruckSaysNothingOrTheTruth(Fault fault) throws Exception {
    var made = backup();
    panel.succeeded(made);
    var proof = verify(made);
    passes(proof, fault.ofTarget() ? 10 : 15);
    fault.strike(this);
    var end = panel.ended(proof).path("status").asString();
    assertThat(one(made).path("backup").path("proof").asString())
        .isEqualTo(end.equals("SUCCEEDED") ? "PROVEN" : "UNPROVEN");
    theNextOneWorks();
    assertThat(host().sh("mariadb -N -e 'show databases'")).as("nothing it borrowed is left")
        .doesNotContain("chom_scratch").doesNotContain("verify");
  }

  @ParameterizedTest
  @MethodSource("faults")
  void aRestoreThatIsStruckEndsWholeOrIsCalledHalf(Fault fault) throws Exception {
    var made = backup();
    panel.succeeded(made);
    var good = shop.files();
    shop.noteRows();
    shop.isLost();
    var restore = restore(made);
    passes(restore, fault.ofTarget() ? 10 : 33);
    fault.strike(this);
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
  @MethodSource("faults")
  void aRemovalThatIsStruckNeverLeavesARuinThatLooksGood(Fault fault) throws Exception {
    var made = backup();
    panel.succeeded(made);
    panel.succeeded(verify(made));
    var removal = panel.api().delete(shop.path() + "/backups/" + made.path("id").asString()).ok();
    passes(removal, 3);
    fault.strike(this);
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

  /** Where the disk is that a backup is written to. */
  void aFullDiskIsNamedAndWhenThereIsRoomTheNextOneWorks() throws Exception {
    there(
        "fallocate -l $(( $(df -B1 --output=avail %1$s | tail -n 1) - 20000000 )) /var/tmp/filler".formatted(keptIn()));
    try {
      var full = backup();
      var end = panel.ended(full);
      assertThat(end.path("error").path("code").asString()).as("%s", end).isEqualTo("NO_ROOM");
      assertThat(one(full).path("backup").path("status").asString()).isEqualTo("FAILED");
      shop.answers();
    } finally {
      there("rm -f /var/tmp/filler");
    }
    theNextOneWorks();
  }

  @Test
  void aTargetThatIsGoneIsNotMadeAnewAndWhenItIsBackTheNextOneWorks() throws Exception {
    panel.succeeded(backup());
    // as when a disk is not mounted
    there("mv %1$s %1$s.away && install -d -m 700 -o $(stat -c %%U %1$s.away) %1$s".formatted(keptIn()));
    try {
      var gone = backup();
      assertThat(panel.ended(gone).path("status").asString()).isEqualTo("FAILED");
      assertThat(one(gone).path("backup").path("status").asString()).isEqualTo("FAILED");
      assertThat(there("find " + keptIn() + " -name config")).isBlank();
    } finally {
      there("rm -r %1$s && mv %1$s.away %1$s".formatted(keptIn()));
    }
    theNextOneWorks();
  }

  @Test
  void aRepositoryOfAnotherKeyIsLeftAloneAndWithItsOwnTheNextOneWorks() throws Exception {
    var made = backup();
    panel.succeeded(made);
    there("""
        for one in %s*; do
          mv $one $one.own
          restic -q --no-cache -r $one -p <(printf other) init
          chown -R --reference=$one.own $one
        done
        """.formatted(repositories()));
    try {
      for (var ask : List.<Supplier<JsonNode>>of(this::backup, () -> verify(made), () -> restore(made))) {
        var end = panel.ended(ask.get());
        assertThat(end.path("error").path("code").asString()).as("%s", end).isEqualTo("REPOSITORY_KEY_WRONG");
      }
      assertThat(one(made).path("backup").path("proof").asString()).isEqualTo("UNPROVEN");
      assertThat(panel.api().get(shop.path()).ok().path("status").asString()).isEqualTo("ACTIVE");
    } finally {
      there("for own in %s*.own; do rm -r ${own%%.own} && mv $own ${own%%.own}; done".formatted(repositories()));
    }
    assertProven(made);
    theNextOneWorks();
  }

  @Test
  void aDamagedRepositoryIsFoundAndTheNextBackupDoesNotCountOnIt() throws Exception {
    var made = backup();
    panel.succeeded(made);
    there(
        """
            for pack in $(find %s*/data -type f -size +100k); do
              size=$(stat -c %%s "$pack")
              for ((at = 50; at < size; at += size / 7)); do printf x | dd of="$pack" bs=1 seek=$at conv=notrunc status=none; done
            done
            """
            .formatted(repositories()));
    panel.succeeded(verify(made));
    assertThat(one(made).path("backup").path("proof").asString()).isEqualTo("BROKEN");
    PanelProcess.await("a new one that nobody asked for", () -> newest().path("status").asString().equals("COMPLETED")
        && !newest().path("id").asString().equals(made.path("id").asString()));
    theNextOneWorks();
  }

  void theNextOneWorks() {
    PanelProcess.await("the site to rest", () -> !newest().path("status").asString().equals("RUNNING"));
    var next = backup();
    panel.succeeded(next);
    assertProven(next);
  }

  void assertProven(JsonNode made) {
    panel.succeeded(verify(made));
    var proof = one(made).path("lastProof");
    assertThat(proof.path("outcome").asString()).as("%s", proof).isEqualTo("PROVEN");
  }

  JsonNode backup() {
    var wanted = new HashMap<String, Object>(Map.of("type", "full"));
    if (target() != null) {
      wanted.put("target", target());
    }
    return panel.api().post(shop.path() + "/backups", wanted).ok();
  }

  JsonNode verify(JsonNode made) {
    return panel.api().post(shop.path() + "/backups/" + made.path("id").asString() + "/verify", Map.of()).ok();
  }

  JsonNode restore(JsonNode made) {
    return panel.api().post(shop.path() + "/backups/" + made.path("id").asString() + "/restore", Map.of("what", "full"))
        .ok();
  }

  JsonNode one(JsonNode made) {
    return panel.api().get(shop.path() + "/backups/" + made.path("id").asString()).ok();
  }

  JsonNode newest() {
    return panel.api().get(shop.path() + "/backups").ok().path("items").path(0);
  }

  /** Waits until the work is that far, or over. */
  void passes(JsonNode asked, int percent) {
    var id = asked.path("operation").path("id").asString();
    PanelProcess.await("it to be on its way", () -> {
      var operation = panel.operation(id);
      return operation.path("progress").asInt() >= percent || !operation.path("finishedAt").isNull();
    });
  }

  RigHost host() {
    return rig.full(0);
  }

  /** The machine of the tests, as the hosts see it. */
  String beside() {
    return host().address().replaceFirst("[0-9]+$", "1");
  }
}
