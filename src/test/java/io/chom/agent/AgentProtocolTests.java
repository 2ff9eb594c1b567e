package io.chom.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.ssh.Eventually;
import io.chom.ssh.PoolExhausted;
import io.chom.ssh.SshException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What the panel does when the other side is not the agent it expects. */
class AgentProtocolTests {
  private static final Duration LIMIT = Duration.ofSeconds(15);
  private static final AgentCommand PING = AgentCommand.of("ping");
  private static final String HELLO = "{\"type\":\"hello\",\"agent\":\"9.1.0\",\"protocol\":1,\"capabilities\":[\"ping\"],"
      + "\"host\":{\"os\":\"debian 13\",\"hostname\":\"web-3\"}}";
  // answers every request with ok; the id is what stands after the first "id":"
  private static final String ANSWER = "while IFS= read -r line; do id=${line#*\\\"id\\\":\\\"}; id=${id%%\\\"*}; "
      + "printf '{\"id\":\"%s\",\"type\":\"result\",\"ok\":true,\"data\":{\"pong\":true}}\\n' \"$id\"; done";

  private static String say(String... lines) {
    var script = new StringBuilder();
    for (var line : lines) {
      script.append("printf '%s\\n' '").append(line).append("'; ");
    }
    return script.toString();
  }

  @Test
  void aNewerProtocolIsRefusedWithASentenceThatSaysWhatToDo() throws Exception {
    try (var test = TestAgent.script(say(HELLO.replace("\"protocol\":1", "\"protocol\":2")) + "sleep 30")) {
      assertThatThrownBy(() -> test.agent.ask(test.server, PING, LIMIT)).isInstanceOf(AgentIncompatible.class)
          .hasMessageContaining("speaks protocol 2, this panel speaks 1").hasMessageContaining("Update the panel");
      assertThatThrownBy(() -> test.agent.carryOut(test.server, AgentCommand.of("site:create"), UUID.randomUUID(), 1, 0,
          AgentEvents.none(), LIMIT)).isInstanceOf(AgentIncompatible.class);
    }
  }

  @Test
  void whatLoginScriptsPrintBeforeTheHelloIsSkipped() throws Exception {
    try (var test = TestAgent.script(say("Welcome to web-3!", "", "{not json", HELLO) + ANSWER)) {
      assertThat(test.agent.hello(test.server))
          .isEqualTo(new AgentHello("9.1.0", 1, java.util.Set.of("ping"), "debian 13", "web-3", ""));
      assertThat(test.agent.ask(test.server, PING, LIMIT)).isInstanceOf(AgentReply.Done.class);
    }
  }

  @Test
  void aServerWithoutAgentSaysWhyAndIsNotHammered() throws Exception {
    try (var test = TestAgent.script(
        "echo 'bash: /opt/vpsmanager/bin/entry: No such file' >&2; exit 127",
        Map.of("back-off", "20s", "max-back-off", "20s"))) {
      for (var i = 0; i < 20; i++) {
        assertThatThrownBy(() -> test.agent.ask(test.server, PING, Duration.ofMillis(300)))
            .isInstanceOf(AgentNeverReached.class);
      }
      assertThat(test.ssh.commands).hasSizeLessThan(3);
      assertThatThrownBy(() -> test.agent.ask(test.server, PING, LIMIT)).hasMessageContaining("exit code 127")
          .hasMessageContaining("No such file");
    }
  }

  @Test
  void foreignLinesBelowRequestsEndTheChannelAndTheNextOneWorks() throws Exception {
    // the first channel is spoilt, later ones are fine
    try (var test = TestAgent
        .script(say(HELLO) + "d=$(dirname \"$(mktemp -u)\")/spoilt-$PPID; if mkdir \"$d\" 2>/dev/null; then "
            + "read -r x; echo 'rsyslogd was here'; sleep 30; else rmdir \"$d\"; " + ANSWER + "; fi")) {
      assertThat(test.agent.ask(test.server, PING, LIMIT)).isInstanceOf(AgentReply.Done.class);
      assertThat(test.ssh.commands).hasSize(2);
    }
  }

  @Test
  void anEndlessLineEndsTheChannelWithoutFillingTheMemory() throws Exception {
    try (var test = TestAgent.script(say(HELLO) + "read -r x; cat /dev/zero")) {
      assertThatThrownBy(() -> test.agent.ask(test.server, PING, LIMIT)).isInstanceOf(AgentOutcomeUnknown.class)
          .hasMessageContaining("longer than 65536");
    }
  }

  @Test
  void framesOfUnknownKindsAndForUnknownRequestsAreSkipped() throws Exception {
    try (var test = TestAgent.script(say(HELLO, "{\"id\":\"zz\",\"type\":\"result\",\"ok\":true}",
        "{\"id\":\"r1\",\"type\":\"weather\",\"sun\":1}", "{\"type\":\"note\"}") + ANSWER)) {
      assertThat(test.agent.ask(test.server, PING, LIMIT)).isInstanceOf(AgentReply.Done.class);
    }
  }

  @Test
  void anAnswerInPartsIsPutTogether() throws Exception {
    try (var test = TestAgent.script(say(HELLO) + "read -r x; "
        + say("{\"id\":\"r1\",\"type\":\"part\",\"data\":\"{\\\"a\\\":[1,\"}",
            "{\"id\":\"r1\",\"type\":\"part\",\"data\":\"2]}\"}",
            "{\"id\":\"r1\",\"type\":\"result\",\"ok\":true,\"parts\":2}")
        + "sleep 30")) {
      assertThat(test.agent.ask(test.server, PING, LIMIT)).isInstanceOfSatisfying(AgentReply.Done.class,
          done -> assertThat(done.data().path("a").path(1).asInt()).isEqualTo(2));
    }
  }

  @Test
  void whoWaitsForAnothersLoginIsToldThatNobodyIsLoggedIn() throws Exception {
    try (var test = TestAgent.script(say(HELLO) + ANSWER)) {
      test.wire.freeze();
      var first = CompletableFuture.supplyAsync(() -> test.agent.hello(test.server));
      Eventually.that(() -> test.wire.accepted.get() > 0);
      assertThatThrownBy(() -> test.agent.ask(test.server, PING, Duration.ofMillis(300)))
          .isInstanceOf(AgentNeverReached.class).cause().isInstanceOfSatisfying(PoolExhausted.class,
              why -> assertThat(why.connecting()).isTrue());
      test.wire.thaw();
      assertThat(first).succeedsWithin(LIMIT);
    }
  }

  @Test
  void whoWaitsForAHelloThatDoesNotComeIsNotToldThatNobodyIsLoggedIn() throws Exception {
    try (var test = TestAgent.script("sleep 60", Map.of("connect-timeout", "3s"))) {
      var first = CompletableFuture.supplyAsync(() -> test.agent.hello(test.server));
      Eventually.that(() -> !test.ssh.commands.isEmpty());
      assertThatThrownBy(() -> test.agent.ask(test.server, PING, Duration.ofMillis(1_500)))
          .isInstanceOf(AgentNeverReached.class).hasNoCause();
      assertThat(first).failsWithin(LIMIT).withThrowableThat().withMessageContaining("did not say hello in time");
    }
  }

  @Test
  void aServerAnswersWhateverItsAgentDoesUntilTheWireIsDead() throws Exception {
    var soon = Duration.ofMillis(700);
    // something is heard all the time, and never an answer
    try (var test = TestAgent.script(say(HELLO) + "while sleep 0.1; do printf '%s\\n' '{\"type\":\"other\"}'; done")) {
      assertThatThrownBy(() -> test.agent.ask(test.server, PING, soon)).isInstanceOf(AgentOutcomeUnknown.class)
          .hasCauseInstanceOf(AgentProtocolBroken.class);
      test.agent.touch(test.server, LIMIT);
      test.wire.freeze();
      assertThatThrownBy(() -> test.agent.touch(test.server, soon)).isInstanceOf(AgentNeverReached.class)
          .hasCauseInstanceOf(SshException.class);
    }
  }

  @Test
  void anAgentThatLivesButDoesNotAnswerIsReplaced() throws Exception {
    var impatient = TestAgent.properties(Map.of("quiet", "200ms", "ping-timeout", "200ms"));
    assertThat(impatient.quiet()).isEqualTo(Duration.ofMillis(200));
    try (var test = TestAgent.script(say(HELLO) + "sleep 60")) {
      var gateways = new Gateways(test.pool, impatient);
      var agent = new GatewayAgent(gateways, impatient, new io.micrometer.core.instrument.simple.SimpleMeterRegistry());
      assertThatThrownBy(() -> agent.ask(test.server, PING, Duration.ofSeconds(1)))
          .isInstanceOf(AgentOutcomeUnknown.class);
      Eventually.that(() -> gateways.open() == 0);
    }
  }

  @Test
  void whatDoesNotFitOnTheWireIsRefusedBeforeAnythingIsSent() throws Exception {
    try (var test = TestAgent.script(say(HELLO) + ANSWER)) {
      for (var bad : List.of("two\nlines", "tab\t", "nul\0", "\u007f", "\u0085", "\u2028", "\ud800")) {
        assertThatThrownBy(() -> test.agent.ask(test.server, new AgentCommand("site:info", Map.of("user", bad)), LIMIT))
            .isInstanceOf(AgentRequestInvalid.class);
        assertThatThrownBy(() -> test.agent.ask(test.server,
            new AgentCommand("site:info", Map.of("list", List.of(Map.of("x", bad)))), LIMIT))
            .isInstanceOf(AgentRequestInvalid.class);
        assertThatThrownBy(
            () -> test.agent.ask(test.server, new AgentCommand("x", Map.of(), Map.of("password", bad)), LIMIT))
            .isInstanceOf(AgentRequestInvalid.class).hasMessageNotContaining("password");
      }
      assertThatThrownBy(
          () -> test.agent.ask(test.server, new AgentCommand("x", Map.of("a", "b".repeat(40_000))), LIMIT))
          .isInstanceOf(AgentRequestInvalid.class).hasMessageContaining("32768");
    }
  }

  @Test
  void textArrivesAsItWasWritten() throws Exception {
    // echoes the request's line back as text
    try (var test = TestAgent
        .script(say(HELLO) + "IFS= read -r line; printf '{\"id\":\"r1\",\"type\":\"result\",\"ok\":true,"
            + "\"data\":%s}\\n' \"$line\"; sleep 30")) {
      var nasty = "'; rm -rf / #\"`id`$(id)\\ ${HOME} ü 😀 -n * \\n %s";
      var reply = test.agent.ask(test.server,
          new AgentCommand("site:info", Map.of("user", nasty), Map.of("password", nasty)), LIMIT);
      assertThat(reply).isInstanceOfSatisfying(AgentReply.Done.class, done -> {
        assertThat(done.data().path("args").path("user").asString()).isEqualTo(nasty);
        assertThat(done.data().path("secrets").path("password").asString()).isEqualTo(nasty);
        assertThat(done.data().path("command").asString()).isEqualTo("site:info");
      });
    }
  }

  @Test
  void aServerThatIsNotThereIsNeverReached() throws Exception {
    try (var test = TestAgent.script("exit 0")) {
      test.wire.close();
      assertThatThrownBy(() -> test.agent.carryOut(test.server, AgentCommand.of("site:create"), UUID.randomUUID(), 1, 0,
          AgentEvents.none(), LIMIT)).isInstanceOfSatisfying(AgentNeverReached.class, e -> {
            assertThat(e.retryable()).isTrue();
            assertThat(e).hasCauseInstanceOf(io.chom.ssh.HostUnreachable.class);
          });
    }
  }
}
