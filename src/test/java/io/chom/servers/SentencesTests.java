package io.chom.servers;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.agent.AgentConnectionLost;
import io.chom.agent.AgentNeverReached;
import io.chom.agent.AgentOutcomeUnknown;
import io.chom.agent.AgentProtocolBroken;
import io.chom.ssh.AuthenticationRejected;
import io.chom.ssh.ConnectionLost;
import io.chom.ssh.HostUnreachable;
import io.chom.ssh.HostUnreachable.Layer;
import io.chom.ssh.PoolExhausted;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What failed is named by its layer: only an agent behind a login that works is called the agent's fault. */
class SentencesTests {
  private static final String LOGIN = "chom@web-3:22";

  private static FailingLayer layer(@Nullable Throwable cause) {
    return Sentences.layerOf(new AgentNeverReached("not reached", cause));
  }

  @Test
  void aWayThatEndedOrNeverCameAboutIsTheWay() {
    assertThat(layer(new HostUnreachable("web-3", 22, Layer.TCP, "timed out", null))).isEqualTo(FailingLayer.TCP);
    assertThat(layer(new ConnectionLost(LOGIN, true, "no channel opened in time", null))).isEqualTo(FailingLayer.TCP);
    assertThat(layer(new PoolExhausted(LOGIN, true, "the login was not done", null))).isEqualTo(FailingLayer.TCP);
    assertThat(Sentences.layerOf(new AgentOutcomeUnknown("no answer", new AgentConnectionLost("silent", null))))
        .isEqualTo(FailingLayer.TCP);
  }

  @Test
  void anAgentThatSaysNothingBehindALoginIsTheAgent() {
    assertThat(layer(null)).isEqualTo(FailingLayer.AGENT);
    assertThat(layer(new AgentProtocolBroken("it ended", null))).isEqualTo(FailingLayer.AGENT);
    assertThat(layer(new PoolExhausted(LOGIN, false, "all its channels stayed busy", null)))
        .isEqualTo(FailingLayer.AGENT);
    assertThat(layer(new AuthenticationRejected(LOGIN, "no", null))).isEqualTo(FailingLayer.AUTH);
  }

  @Test
  void onlyWhatNobodyAnsweredMayBeThePanelsOwnNetwork() {
    assertThat(OwnNetwork.blames(new AgentNeverReached("",
        new HostUnreachable("web-3", 22, Layer.TCP, "", new SocketTimeoutException("timed out"))))).isTrue();
    assertThat(OwnNetwork.blames(new AgentNeverReached("", new PoolExhausted(LOGIN, true, "", null)))).isTrue();
    assertThat(OwnNetwork.blames(new AgentNeverReached("", new PoolExhausted(LOGIN, false, "", null)))).isFalse();
    assertThat(OwnNetwork.blames(new AgentNeverReached("",
        new HostUnreachable("web-3", 22, Layer.TCP, "", new ConnectException("Connection refused"))))).isFalse();
    assertThat(OwnNetwork.blames(new AgentNeverReached("", null))).isFalse();
  }
}
