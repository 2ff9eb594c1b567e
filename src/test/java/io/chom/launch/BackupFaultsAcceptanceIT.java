package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** {@link BackupFaults} where backups lie in a directory of the site's own server. */
@Tag("acceptance")
class BackupFaultsAcceptanceIT extends BackupFaults {
  BackupFaultsAcceptanceIT() {
    super(1);
  }

  @Override
  Stream<Fault> faults() {
    return Stream.of(Fault.LINK_CUT, Fault.POWER_CUT, Fault.PANEL_KILLED);
  }

  @Override
  String keptIn() {
    return "/var/backups/chom";
  }

  /** It needs nothing of what lies elsewhere. */
  @ParameterizedTest
  @MethodSource("faults")
  void anUndoThatIsStruckEndsWholeOrIsCalledHalf(Fault fault) throws Exception {
    var made = backup();
    panel.succeeded(made);
    shop.goesOn(1_000 + fault.ordinal());
    var now = shop.files();
    shop.noteRows();
    panel.succeeded(restore(made));
    assertThat(shop.files()).isNotEqualTo(now);
    var undo = undo();
    passes(undo, 32);
    fault.strike(this);
    if (!panel.ended(undo).path("status").asString().equals("SUCCEEDED")) {
      assertThat(panel.api().get(shop.path()).ok().path("status").asString()).isEqualTo("FAILED");
      panel.succeeded(undo());
    }
    assertThat(shop.files()).isEqualTo(now);
    assertThat(shop.otherRows()).isEmpty();
    assertThat(panel.api().get(shop.path()).ok().path("status").asString()).isEqualTo("ACTIVE");
    shop.answers();
    theNextOneWorks();
  }

  private JsonNode undo() {
    return panel.api().post(shop.path() + "/undo-restore", Map.of()).ok();
  }

  @Override
  @Test
  void aFullDiskIsNamedAndWhenThereIsRoomTheNextOneWorks() throws Exception {
    super.aFullDiskIsNamedAndWhenThereIsRoomTheNextOneWorks();
  }
}
