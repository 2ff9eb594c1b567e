package io.chom.servers;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.common.Actor;
import io.chom.operations.Operations;
import io.chom.testing.ChomTest;
import io.chom.testing.Rig;
import io.chom.testing.RigHost;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.beans.factory.annotation.Autowired;

/** Bare Debian hosts become servers of the fleet. */
@Tag("acceptance")
@ChomTest
class ServerEnrolmentIT {
  private static final Actor OPERATOR = new Actor(null, "operator@platform.example");
  @RegisterExtension
  static final Rig rig = Rig.ofBare(2);
  @Autowired
  Enrolments enrolments;
  @Autowired
  Servers servers;
  @Autowired
  Operations operations;

  @Test
  void aBareHostWhoseSudoAsksForNothing() {
    var host = rig.bare(0);
    var login = host.login();
    var server = enrol(host, EnrolmentLogin.withPassword(login.user(), login.password()));
    assertReady(server, host);
    assertLeastPrivilege(host);
  }

  @Test
  void aBareHostWhoseSudoAsksForThePassword() {
    var host = rig.bare(1);
    var login = host.loginWithSudoPassword();
    var wrong = enrol(host, new EnrolmentLogin(login.user(), login.password(), null, null, "wrong"));
    assertThat(settled(wrong).status()).isEqualTo(ServerStatus.FAILED);
    assertThat(FleetTest.as(() -> operations.page(null, wrong.value(), null, 1)).getFirst().errorCode())
        .isEqualTo("SUDO_REFUSED");
    assertThat(host.exec("id", "chom").ok()).isFalse();

    assertReady(enrol(host, EnrolmentLogin.withPassword(login.user(), login.password())), host);
    assertThat(host.sh("journalctl --no-pager -q; cat /var/log/auth.log 2>/dev/null || true"))
        .doesNotContain(login.password());
  }

  private ServerId enrol(RigHost host, EnrolmentLogin login) {
    return FleetTest.as(() -> {
      var scanned = enrolments.scan(new ScanRequest(host.address(), host.port()), OPERATOR);
      assertThat(scanned.fingerprint()).isEqualTo(host.hostKeyFingerprint());
      return enrolments.approve(scanned.id(), scanned.fingerprint(), login, host.name(), OPERATOR);
    });
  }

  private ServerView settled(ServerId server) {
    return FleetTest.eventually(() -> FleetTest.as(() -> servers.get(server)),
        seen -> seen.status() == ServerStatus.READY || seen.status() == ServerStatus.FAILED, Duration.ofMinutes(8));
  }

  private void assertReady(ServerId server, RigHost host) {
    var view = settled(server);
    assertThat(view.status())
        .describedAs(() -> FleetTest.as(() -> operations.page(null, server.value(), null, 2)).toString())
        .isEqualTo(ServerStatus.READY);
    assertThat(view.rootless()).isFalse();
    assertThat(view.loginUser()).isEqualTo("chom");
    assertThat(view.os()).startsWith("debian");
    assertThat(view.phpVersions()).isNotEmpty();
    assertThat(host.exec("systemctl", "is-active", "nginx").text()).contains("active");
  }

  private static void assertLeastPrivilege(RigHost host) {
    assertThat(host.sh("getent shadow chom | cut -d: -f2")).isEqualTo("*");
    assertThat(host.sh("stat -c '%U %a' /opt/vpsmanager/bin/vpsmanager /var/lib/chom/.ssh/authorized_keys"))
        .isEqualTo("root 755\nroot 644");
    assertThat(host.sh("cat /var/lib/chom/.ssh/authorized_keys"))
        .startsWith("restrict,command=\"/opt/vpsmanager/bin/entry\" ssh-ed25519 ");
    assertThat(host.exec("runuser", "-u", "chom", "--", "sudo", "-n", "id").ok()).isFalse();
    assertThat(host.exec("visudo", "-c").ok()).isTrue();
  }
}
