package io.chom.launch;

import io.chom.testing.RigHost;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@link BackupFaults} where backups lie on another server of the panel, by SFTP. */
@Tag("acceptance")
class DepotFaultsAcceptanceIT extends FarBackupFaults {
  private @Nullable String target;
  private String keptIn = "";

  DepotFaultsAcceptanceIT() {
    super(2);
  }

  @Override
  Stream<Fault> faults() {
    return Stream.of(Fault.values());
  }

  @Override
  void openTarget() {
    var made = panel.api()
        .post("/backup-targets", Map.of("name", "web-2", "kind", "server", "on", panel.enrol(keeper(), "web-2"))).ok();
    panel.succeeded(made);
    var id = made.path("target").path("id").asString();
    PanelProcess.await("it to be got into",
        () -> panel.api().get("/backup-targets/" + id).ok().path("status").asString().equals("READY"));
    target = id;
    keptIn = keeper().sh("echo /srv/chom/depots/*/data").strip();
  }

  private RigHost keeper() {
    return rig.full(1);
  }

  @Override
  @Nullable
  String target() {
    return target;
  }

  @Override
  String keptIn() {
    return keptIn;
  }

  @Override
  String there(String script) {
    return keeper().sh(script);
  }

  @Override
  void targetFallsSilent() {
    keeper().linkDown();
  }

  @Override
  void targetSpeaksAgain() {
    keeper().linkUp();
  }

  @Override
  void targetLosesPower() {
    keeper().powerCut();
  }

  @Override
  void targetIsBack() {
    keeper().powerOn();
    keeper().awaitLogin();
  }

  @Override
  @Test
  void aFullDiskIsNamedAndWhenThereIsRoomTheNextOneWorks() throws Exception {
    super.aFullDiskIsNamedAndWhenThereIsRoomTheNextOneWorks();
  }
}
