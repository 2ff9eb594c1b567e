package io.chom.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Tests get their hosts from the rig. */
@Tag("acceptance")
class RigAcceptanceIT {

  @RegisterExtension
  static final Rig rig = Rig.of(1).andBare(1);

  @Test
  void givesHostsOfBothKinds() {
    assertThat(rig.full(0).sh("command -v nginx")).isEqualTo("/usr/sbin/nginx");
    assertThat(rig.bare(0).exec("sh", "-c", "command -v nginx").ok()).isFalse();
    assertThat(rig.bare(0).ssh("sudo", "id", "-u").text()).isEqualTo("0");
  }

  @Test
  void aScriptThatFailsFailsTheTest() {
    assertThatThrownBy(() -> rig.full(0).sh("echo before; false; echo after")).isInstanceOf(AssertionError.class)
        .hasMessageContaining("before").hasMessageNotContaining("after");
  }

  @Test
  void tellsTheKeyAHostShowsNow() {
    var host = rig.bare(0);
    var before = host.hostKeyFingerprint();
    host.newHostKey();
    assertThat(host.hostKeyFingerprint()).startsWith("SHA256:").isNotEqualTo(before);
  }

  @Test
  void countsStarts() {
    var host = rig.bare(0);
    var before = host.boots();
    host.reboot();
    assertThat(host.boots()).isEqualTo(before + 1);
  }
}
