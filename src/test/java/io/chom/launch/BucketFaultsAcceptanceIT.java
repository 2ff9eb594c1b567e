package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;

/** {@link BackupFaults} where backups lie in an S3 bucket: the server of it stands still, or dies. */
@Tag("acceptance")
class BucketFaultsAcceptanceIT extends FarBackupFaults {
  private BackupKeeper keeper;
  private @Nullable String target;

  BucketFaultsAcceptanceIT() {
    super(1);
  }

  @Override
  Stream<Fault> faults() {
    return Stream.of(Fault.TARGET_SILENT, Fault.TARGET_POWER_CUT);
  }

  @Override
  void openTarget() throws Exception {
    keeper = BackupKeeper.s3(directory, beside());
    target = panel.api().post("/backup-targets", keeper.wanted("bucket")).ok().path("target").path("id").asString();
  }

  @AfterAll
  void closeIt() throws Exception {
    keeper.close();
  }

  @Override
  @Nullable
  String target() {
    return target;
  }

  @Override
  String keptIn() {
    return keeper.home().resolve("data/backups").toString();
  }

  @Override
  String repositories() {
    return keptIn() + "/shop/" + shop.id();
  }

  @Override
  String there(String script) throws Exception {
    var process = new ProcessBuilder("bash", "-euo", "pipefail", "-c", script).redirectErrorStream(true).start();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }

  @Override
  void targetFallsSilent() throws Exception {
    there("kill -STOP " + keeper.process().pid());
  }

  @Override
  void targetSpeaksAgain() throws Exception {
    there("kill -CONT " + keeper.process().pid());
  }

  @Override
  void targetLosesPower() throws Exception {
    keeper.dies();
  }

  @Override
  void targetIsBack() throws Exception {
    keeper = keeper.again();
  }
}
