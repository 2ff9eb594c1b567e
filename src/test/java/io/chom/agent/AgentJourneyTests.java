package io.chom.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.ssh.AuthenticationRejected;
import io.chom.ssh.Eventually;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.FileSystemUtils;

/** The shipped agent behind a wire that breaks: an operation's effect comes once, its log whole, its end true. */
class AgentJourneyTests {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir
  Path root;
  private TestAgent test;

  @BeforeEach
  void start() {
    test = TestAgent.real(root);
  }

  @AfterEach
  void stop() throws Exception {
    test.close();
  }

  private static AgentCommand createSite(int uid) {
    return new AgentCommand("site:create", Map.of("site", UUID.randomUUID().toString(), "user", "s" + uid, "uid", uid,
        "domain", "shop" + uid + ".example", "type", "static"));
  }

  private static <T> CompletableFuture<T> later(Supplier<T> work) {
    return CompletableFuture.supplyAsync(work, task -> Thread.ofVirtual().start(task));
  }

  /** As a worker does: what was never sent is tried again later. */
  private AgentReply untilReached(AgentCommand command, UUID operation, AgentEvents log) {
    var reply = new AtomicReference<AgentReply>();
    Eventually.that(() -> {
      try {
        reply.set(test.agent.carryOut(test.server, command, operation, 1, 0, log, LIMIT));
        return true;
      } catch (AgentNeverReached e) {
        return false;
      }
    });
    return reply.get();
  }

  private record Log(List<Long> offsets, List<String> texts) implements AgentEvents {
    Log() {
      this(new CopyOnWriteArrayList<>(), new CopyOnWriteArrayList<>());
    }

    @Override
    public void progress(int percent, String step, long offset) {
      offsets.add(offset);
      texts.add(percent + " " + step);
    }

    @Override
    public void output(String stream, String data, long offset) {
      offsets.add(offset);
      texts.add(data);
    }
  }

  @Test
  void manyQuestionsShareOneChannelAndOneLogin() {
    var hello = test.agent.hello(test.server);
    assertThat(hello.protocol()).isEqualTo(1);
    assertThat(hello.capabilities()).contains("site:create", "rootless");
    var asked = new java.util.ArrayList<CompletableFuture<AgentReply>>();
    for (var i = 0; i < 50; i++) {
      asked.add(later(() -> test.agent.ask(test.server, AgentCommand.of("ping"), LIMIT)));
    }
    asked.forEach(reply -> assertThat(reply.join()).isInstanceOfSatisfying(AgentReply.Done.class,
        done -> assertThat(done.data().path("pong").asBoolean()).isTrue()));
    assertThat(test.ssh.commands).containsExactly("gateway");
    assertThat(test.ssh.logins).hasValue(1);
  }

  @Test
  void aRefusalIsAnAnswer() {
    assertThat(test.agent.ask(test.server, AgentCommand.of("no:such"), LIMIT))
        .isInstanceOfSatisfying(AgentReply.Refused.class, no -> {
          assertThat(no.code()).isEqualTo("UNKNOWN_COMMAND");
          assertThat(no.retryable()).isFalse();
        });
    assertThat(test.agent.ask(test.server, new AgentCommand("site:info", Map.of("user", "s299999")), LIMIT))
        .isInstanceOfSatisfying(AgentReply.Refused.class, no -> assertThat(no.code()).isEqualTo("SITE_NOT_FOUND"));
  }

  @Test
  void aSiteIsCreatedAndItsEventsAreHeardInOrder() {
    var log = new Log();
    var operation = UUID.randomUUID();
    var command = createSite(200_001);
    var reply = test.agent.carryOut(test.server, command, operation, 1L << 40, 0, log, LIMIT);
    assertThat(reply).isInstanceOf(AgentReply.Done.class);
    assertThat(log.offsets()).isNotEmpty().isSorted().doesNotHaveDuplicates();
    var known = test.agent.status(test.server, operation, false, LIMIT);
    assertThat(known.state()).isEqualTo("SUCCEEDED");
    assertThat(known.fence()).isEqualTo(String.valueOf(1L << 40));
    assertThat(known.reply()).isInstanceOf(AgentReply.Done.class);
    // another worker takes the operation over: the same end, and only what it has not heard
    var again = new Log();
    var last = log.offsets().get(log.offsets().size() - 2);
    assertThat(test.agent.carryOut(test.server, command, operation, 1L << 40, last, again, LIMIT)).isEqualTo(reply);
    assertThat(again.offsets()).containsExactly(log.offsets().getLast());
    test.agent.acknowledge(test.server, operation);
  }

  @Test
  void anAgentTakenAwayUnderItsOpenChannelIsLookedForByAFreshLogin() throws Exception {
    var home = root.resolve("agent");
    FileSystemUtils.copyRecursively(Path.of("src/main/resources/agent"), home);
    var operation = UUID.randomUUID();
    var command = createSite(200_050);
    try (var taken = TestAgent.from(home, root.resolve("server"), Map.of())) {
      taken.agent.carryOut(taken.server, command, operation, 1, 0, AgentEvents.none(), LIMIT);
      taken.forbid();
      FileSystemUtils.deleteRecursively(home);
      var heard = new CopyOnWriteArrayList<AgentException>();
      assertThatThrownBy(() -> taken.agent.carryOut(taken.server, command, operation, 1, 1, new Silence() {
        @Override
        public void silent(AgentException why) {
          heard.add(why);
          if (why.getCause() instanceof AuthenticationRejected) {
            throw new IllegalStateException("the key is out");
          }
        }
      }, LIMIT)).as("%s", heard).isInstanceOf(IllegalStateException.class).hasMessage("the key is out");
    }
  }

  @Test
  void aCutLinkNeitherRepeatsTheEffectNorTearsTheLog() {
    for (var round = 0; round < 8; round++) {
      var log = new Log();
      var operation = UUID.randomUUID();
      var command = createSite(200_100 + round);
      var reply = later(() -> untilReached(command, operation, log));
      // each round the wire breaks a little later in the conversation
      var cutAt = test.wire.sent.get() + 150L * round;
      Eventually.that(() -> test.wire.sent.get() > cutAt || reply.isDone());
      test.wire.cut();
      assertThat(reply.join()).isInstanceOf(AgentReply.Done.class);
      var whole = new Log();
      test.agent.carryOut(test.server, command, operation, 1, 0, whole, LIMIT);
      assertThat(log.offsets()).isEqualTo(whole.offsets());
      assertThat(log.texts()).isEqualTo(whole.texts());
    }
    var sites = (AgentReply.Done) test.agent.ask(test.server, AgentCommand.of("site:list"), LIMIT);
    assertThat(sites.data().path("sites").size()).isEqualTo(8);
  }

  @Test
  void aKilledGatewayIsReplacedAndTheOperationFound() {
    var log = new Log();
    var operation = UUID.randomUUID();
    var reply = later(() -> test.agent.carryOut(test.server, createSite(200_300), operation, 1, 0, log, LIMIT));
    Eventually.that(() -> test.agent.status(test.server, operation, false, LIMIT).state().equals("RUNNING")
        || reply.isDone());
    test.ssh.killCommands();
    assertThat(reply.join()).isInstanceOf(AgentReply.Done.class);
    assertThat(log.offsets()).isSorted().doesNotHaveDuplicates();
    assertThat(test.ssh.commands).hasSizeGreaterThan(1).containsOnly("gateway");
  }

  @Test
  void aSilentServerLeavesTheOutcomeOpenInsteadOfFailingIt() {
    var operation = UUID.randomUUID();
    test.agent.hello(test.server);
    test.wire.freeze();
    assertThatThrownBy(() -> test.agent.carryOut(test.server, createSite(200_400), operation, 1, 0, AgentEvents.none(),
        Duration.ofSeconds(2))).isInstanceOfSatisfying(AgentOutcomeUnknown.class,
            e -> assertThat(e.retryable()).isTrue());
    test.wire.thaw();
    test.wire.cut();
    Eventually.that(() -> answers(operation));
  }

  /** Listens for what is not heard only. */
  private abstract static class Silence implements AgentEvents {
    @Override
    public void progress(int percent, String step, long offset) {}

    @Override
    public void output(String stream, String data, long offset) {}
  }

  private static AgentEvents silence(List<String> told) {
    return new Silence() {
      @Override
      public void silent(AgentException why) {
        told.add(why.getClass().getSimpleName());
      }

      @Override
      public void heard() {
        told.add("heard");
      }
    };
  }

  @Test
  void aDeadWireIsToldFromADeadAgent() throws Exception {
    // the agent is asked for a sign of life long before the connection's keep-alives give up
    var quick = Map.of("quiet", "500ms", "ping-timeout", "2s");
    var mute = "printf '{\"type\":\"hello\",\"agent\":\"1\",\"protocol\":1,\"capabilities\":[]}\\n'; sleep 600";
    try (var silent = TestAgent.script(mute, quick)) {
      assertThat(firstSilence(silent, () -> {})).isEqualTo("AgentProtocolBroken");
    }
    try (var silent = TestAgent.script(mute, quick)) {
      assertThat(firstSilence(silent, silent.wire::freeze)).isEqualTo("AgentConnectionLost");
    }
  }

  @Test
  void aQuestionIntoADeadWireSaysSo() throws Exception {
    try (var silent = TestAgent
        .script("printf '{\"type\":\"hello\",\"agent\":\"1\",\"protocol\":1,\"capabilities\":[]}\\n'; sleep 600")) {
      silent.agent.hello(silent.server);
      assertThatThrownBy(() -> silent.agent.ask(silent.server, AgentCommand.of("ping"), Duration.ofMillis(2_500)))
          .hasCauseInstanceOf(AgentProtocolBroken.class);
      silent.wire.freeze();
      assertThatThrownBy(() -> silent.agent.ask(silent.server, AgentCommand.of("ping"), Duration.ofMillis(1_500)))
          .hasCauseInstanceOf(AgentConnectionLost.class);
    }
  }

  private static String firstSilence(TestAgent silent, Runnable fault) {
    var told = new CopyOnWriteArrayList<String>();
    silent.agent.hello(silent.server);
    var reply = later(() -> silent.agent.carryOut(silent.server, createSite(200_900), UUID.randomUUID(), 1, 0,
        silence(told), Duration.ofSeconds(20)));
    Eventually.that(() -> silent.wire.sent.get() > 0);
    fault.run();
    Eventually.that(() -> !told.isEmpty());
    reply.cancel(true);
    return told.getFirst();
  }

  @Test
  void whoWaitsIsToldThatTheServerIsSilentAndThatItIsBack() throws Exception {
    var told = new CopyOnWriteArrayList<String>();
    var listener = silence(told);
    var operation = UUID.randomUUID();
    test.agent.hello(test.server);
    // the work waits for a lock, so that it is surely under way
    var lock = Files.createDirectories(root.resolve("run/vpsmanager")).resolve("config.lock");
    var holder = new ProcessBuilder("flock", lock.toString(), "sleep", "60").start();
    try {
      var reply = later(() -> test.agent.carryOut(test.server, createSite(200_800), operation, 1, 0, listener, LIMIT));
      Eventually.that(() -> test.agent.status(test.server, operation, false, LIMIT).state().equals("RUNNING"));
      test.wire.refuse(true);
      test.wire.cut();
      Eventually.that(() -> told.contains("AgentConnectionLost") && told.contains("AgentNeverReached"));
      assertThat(told).doesNotContain("heard");
      test.wire.refuse(false);
      Eventually.that(() -> told.getLast().equals("heard"));
      holder.descendants().forEach(ProcessHandle::destroy);
      holder.destroy();
      assertThat(reply.join()).isInstanceOf(AgentReply.Done.class);
      assertThat(told.stream().filter("heard"::equals)).hasSize(1);
    } finally {
      holder.descendants().forEach(ProcessHandle::destroy);
      holder.destroy();
    }
  }

  private boolean answers(UUID operation) {
    try {
      return !test.agent.status(test.server, operation, true, Duration.ofSeconds(5)).state().isEmpty();
    } catch (AgentException e) {
      return false;
    }
  }

  @Test
  void whatWasSealedNeverStarts() {
    var operation = UUID.randomUUID();
    assertThat(test.agent.status(test.server, operation, false, LIMIT).unknown()).isTrue();
    assertThat(test.agent.status(test.server, operation, true, LIMIT).state()).isEqualTo("SEALED");
    assertThat(test.agent.carryOut(test.server, createSite(200_500), operation, 1, 0, AgentEvents.none(), LIMIT))
        .isInstanceOfSatisfying(AgentReply.Refused.class, no -> assertThat(no.code()).isEqualTo("OPERATION_SEALED"));
  }

  @Test
  void anOlderFenceAndAnotherRequestUnderTheSameIdAreRefused() {
    var operation = UUID.randomUUID();
    var command = createSite(200_600);
    test.agent.carryOut(test.server, command, operation, 9, 0, AgentEvents.none(), LIMIT);
    assertThat(test.agent.carryOut(test.server, new AgentCommand("site:delete", Map.of("user", "s200600")),
        UUID.randomUUID(), 8, 0, AgentEvents.none(), LIMIT))
        .isInstanceOfSatisfying(AgentReply.Refused.class, no -> assertThat(no.code()).isEqualTo("STALE_FENCE"));
    assertThat(test.agent.carryOut(test.server, createSite(200_601), operation, 9, 0, AgentEvents.none(), LIMIT))
        .isInstanceOfSatisfying(AgentReply.Refused.class, no -> assertThat(no.code()).isEqualTo("OPERATION_MISMATCH"));
  }

  @Test
  void aJournalThatForgotABegunOperationIsNotWrittenToAgain() {
    assertThat(test.agent.carryOut(test.server, createSite(200_700), UUID.randomUUID(), 1, 4711, AgentEvents.none(),
        LIMIT)).isInstanceOfSatisfying(AgentReply.Refused.class,
            no -> assertThat(no.code()).isEqualTo("OPERATION_UNKNOWN"));
  }
}
