package io.chom.servers;

import static io.chom.servers.ServerStatus.ENROLLING;
import static io.chom.servers.ServerStatus.FAILED;
import static io.chom.servers.ServerStatus.HOST_KEY_CHANGED;
import static io.chom.servers.ServerStatus.PREPARING;
import static io.chom.servers.ServerStatus.READY;
import static io.chom.servers.ServerStatus.UNREACHABLE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerStatusTest {
  @Test
  void everyStateCanBeReachedFromEnrolling() {
    var seen = EnumSet.of(ENROLLING);
    var todo = new ArrayDeque<>(seen);
    while (!todo.isEmpty()) {
      for (var next : todo.pop().next()) {
        if (seen.add(next)) {
          todo.push(next);
        }
      }
    }
    assertThat(seen).containsExactlyInAnyOrder(ServerStatus.values());
  }

  @ParameterizedTest
  @EnumSource
  void onlyADecommissionedServerIsAtItsEndAndNoStateFollowsItself(ServerStatus status) {
    assertThat(status.next()).doesNotContain(status);
    assertThat(status.next().isEmpty()).isEqualTo(status == ServerStatus.DECOMMISSIONED);
  }

  @Test
  void aServerWithAChangedHostKeyIsSentNothing() {
    assertThat(HOST_KEY_CHANGED.reachable()).isFalse();
    assertThat(Set.of(PREPARING, READY, UNREACHABLE)).allMatch(ServerStatus::reachable);
  }

  @Test
  void onlyAnEnrolledServerBecomesReady() {
    assertThat(ENROLLING.next()).doesNotContain(READY);
    assertThat(FAILED.next()).doesNotContain(READY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "-oProxyCommand=x", "a b", "a;reboot", "host/../x", "$(id)", "a\nb", "x'", "."})
  void refusesAHostThatIsNone(String host) {
    assertThatThrownBy(() -> new ScanRequest(host, 22)).isInstanceOf(EnrolmentRefused.class)
        .extracting("code").isEqualTo("INVALID_HOST");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-x", "a b", "root\n", "$(id)", "a'b"})
  void refusesALoginNameThatIsNone(String user) {
    if (user.equals("root\n")) {
      assertThat(EnrolmentLogin.withPassword(user, "x").user()).isEqualTo("root");
      return;
    }
    assertThatThrownBy(() -> EnrolmentLogin.withPassword(user, "x")).isInstanceOf(EnrolmentRefused.class);
  }

  @Test
  void refusesAPasswordOfTwoLinesAndALoginWithTwoProofs() {
    assertThatThrownBy(() -> EnrolmentLogin.withPassword("root", "a\nb")).isInstanceOf(EnrolmentRefused.class);
    assertThatThrownBy(() -> new EnrolmentLogin("root", "a", "b", null, null)).isInstanceOf(EnrolmentRefused.class);
    assertThatThrownBy(() -> new EnrolmentLogin("root", null, "", null, null)).isInstanceOf(EnrolmentRefused.class);
  }

  @Test
  void aLoginPrintsNothingSecret() {
    assertThat(new EnrolmentLogin("root", "hunter2", null, null, "hunter3")).hasToString("EnrolmentLogin[root]");
  }
}
