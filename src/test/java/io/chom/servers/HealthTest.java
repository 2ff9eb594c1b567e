package io.chom.servers;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** What is remembered of a server's probes. */
class HealthTest {
  private final JsonMapper json = JsonMapper.shared();

  @Test
  void anAgentThatNeverAnsweredHasSaidNothingAfterItWasStoredEither() {
    var stored = json.writeValueAsString(Health.NONE.shows("SHA256:other", "ssh-ed25519", ServerStatus.READY));
    assertThat(json.readValue(stored, Health.class).agent()).isNull();
  }

  @Test
  void whatAnAgentSaidIsKeptWhenALaterProbeFails() {
    var answered = Health.NONE.answered(json.readTree("{\"load\": [0.5]}"), 5);
    var stored = json.readValue(json.writeValueAsString(answered.failed(5)), Health.class);
    assertThat(stored.agent()).isEqualTo(answered.agent());
    assertThat(stored.recent()).isEqualTo("+-");
  }
}
