package io.chom.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.outbound.OutboundRefused.Reason;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutboundGuardTests {
  private final OutboundGuard closed = new OutboundGuard(new OutboundProperties(Set.of()));
  private final OutboundGuard open = new OutboundGuard(
      new OutboundProperties(Set.of("localhost", "10.1.2.0/24", "192.168.7.7", "fd00:1::/32")));

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "127.8.9.1", "localhost", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255",
      "192.168.1.1", "100.64.0.1", "169.254.169.254", "192.0.0.192", "198.18.0.1", "224.0.0.1", "255.255.255.255",
      "::1", "[::1]", "::", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "::ffff:127.0.0.1",
      "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
      "100::1", "2001:db8::1", "2130706433", "127.1", "0"})
  void nothingGoesToAnAddressThatIsNotPublic(String host) {
    assertThatThrownBy(() -> closed.judge(host)).isInstanceOfSatisfying(OutboundRefused.class,
        refused -> assertThat(refused.reason()).isEqualTo(Reason.HOST_NOT_PUBLIC));
    assertThat(closed.allowed(host)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"9.9.9.9", "172.32.0.1", "100.128.0.1", "193.0.0.1", "2620:fe::fe", "[2a00:1450::1]"})
  void publicAddressesMayBeGoneTo(String host) {
    assertThat(closed.judge(host)).hasSize(1);
    assertThat(closed.allowed(host)).as("over TLS only").isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "LocalHost", "10.1.2.200", "192.168.7.7", "fd00:1::5", "[fd00:1:2::5]"})
  void whatTheOperatorAllowsMayBeGoneTo(String host) {
    assertThat(open.judge(host)).isNotEmpty();
    assertThat(open.allowed(host)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.1.3.1", "192.168.7.8", "127.0.0.1", "fd00:2::5", "::ffff:10.1.3.1"})
  void itsNeighboursMayNot(String host) {
    assertThatThrownBy(() -> open.judge(host)).isInstanceOf(OutboundRefused.class);
  }

  @Test
  void aNameWithoutAnAddressIsUnknown() {
    // reserved for this by RFC 6761
    assertThatThrownBy(() -> open.judge("nowhere.invalid")).isInstanceOfSatisfying(OutboundRefused.class,
        refused -> assertThat(refused.reason()).isEqualTo(Reason.HOST_UNKNOWN));
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.0/33", "10.0.0/x", "::/129", "1.2.3.4.5"})
  void anEntryThatIsNoNetworkStopsTheStart(String entry) {
    assertThatThrownBy(() -> new OutboundGuard(new OutboundProperties(Set.of(entry))))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
