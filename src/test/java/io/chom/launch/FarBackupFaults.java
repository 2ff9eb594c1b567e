package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** {@link BackupFaults} where backups lie on another machine, which may be away on its own. */
abstract class FarBackupFaults extends BackupFaults {
  FarBackupFaults(int hosts) {
    super(hosts);
  }

  abstract void targetFallsSilent() throws Exception;

  abstract void targetSpeaksAgain() throws Exception;

  abstract void targetLosesPower() throws Exception;

  abstract void targetIsBack() throws Exception;

  @Test
  void aTargetThatIsOffIsNamedAndWhenItIsOnTheNextOneWorks() throws Exception {
    var made = backup();
    panel.succeeded(made);
    assertProven(made);
    targetLosesPower();
    try {
      var late = backup();
      var end = panel.ended(late);
      assertThat(end.path("error").path("code").asString()).as("%s", end).isEqualTo("REPOSITORY_UNREACHABLE");
      assertThat(one(late).path("backup").path("status").asString()).isEqualTo("FAILED");
      assertThat(panel.ended(verify(made)).path("error").path("code").asString()).isEqualTo("REPOSITORY_UNREACHABLE");
      assertThat(one(made).path("backup").path("proof").asString()).as("nobody could look").isEqualTo("PROVEN");
      shop.answers();
    } finally {
      targetIsBack();
    }
    theNextOneWorks();
  }
}
