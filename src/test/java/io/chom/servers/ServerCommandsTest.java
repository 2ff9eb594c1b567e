package io.chom.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.chom.agent.Agent;
import io.chom.agent.AgentCommand;
import io.chom.agent.AgentConnectionLost;
import io.chom.agent.AgentEvents;
import io.chom.agent.AgentHello;
import io.chom.agent.AgentIncompatible;
import io.chom.agent.AgentNeverReached;
import io.chom.agent.AgentOperation;
import io.chom.agent.AgentOutcomeUnknown;
import io.chom.agent.AgentProtocolBroken;
import io.chom.agent.AgentReply;
import io.chom.agent.AgentRequestInvalid;
import io.chom.agent.AgentServer;
import io.chom.operations.OperationEnded;
import io.chom.operations.OperationNotSent;
import io.chom.operations.OperationRefused;
import io.chom.operations.OperationType;
import io.chom.operations.OutcomeUnknown;
import io.chom.ssh.HostKey;
import io.chom.ssh.HostKeyRejected;
import io.chom.ssh.HostUnreachable;
import io.chom.ssh.SshCredential;
import io.chom.ssh.SshTarget;
import io.chom.tenancy.TenantId;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentCaptor;
import org.mockito.ArgumentMatchers;
import org.mockito.Mockito;
import tools.jackson.databind.json.JsonMapper;

/** What each way a conversation with an agent can end means for the operation. */
class ServerCommandsTest {
  private static final ServerId SERVER = ServerId.fresh();
  private static final AgentCommand COMMAND = AgentCommand.of("server:prepare");
  private final Agent agent = mock(Agent.class);
  private final ServerAddresses addresses = mock(ServerAddresses.class);
  private final HostKeyGuard guard = mock(HostKeyGuard.class, Mockito.CALLS_REAL_METHODS);
  private final ServersProperties properties = new ServersProperties(Duration.ofSeconds(1), Duration.ofHours(1),
      Duration.ofMinutes(1), Duration.ofMinutes(1), Duration.ofMinutes(1), Duration.ofSeconds(30),
      Duration.ofSeconds(5), 5, 3, 100, Duration.ofDays(90), Duration.ofMinutes(15));
  private final ServerCommands commands = new ServerCommands(addresses, guard, agent, properties,
      Clock.systemUTC());
  private final AgentServer address = new AgentServer(SERVER.value(),
      new SshTarget("web-1", 22, "chom", new SshCredential.Key("k", "secret", null), "SHA256:x"));
  private final RecordedRun run = new RecordedRun(new OperationType("server.prepare"), SERVER, Map.of(), false);

  @BeforeEach
  void aReadyServer() {
    given(ServerStatus.READY);
    when(agent.hello(address)).thenReturn(new AgentHello("1", 1, Set.of(), "debian 12", "web-1", ""));
  }

  @Test
  void whatIsDoneIsAnsweredAndReportedAsItHappens() {
    var events = ArgumentCaptor.forClass(AgentEvents.class);
    when(agent.carryOut(ArgumentMatchers.eq(address), ArgumentMatchers.eq(COMMAND),
        ArgumentMatchers.eq(run.operation().id().value()), ArgumentMatchers.eq(run.fence()), ArgumentMatchers.eq(0L),
        events.capture(), ArgumentMatchers.eq(properties.commandLimit()))).thenAnswer(call -> {
          assertThat(run.sent()).describedAs("remembered before it is sent").isTrue();
          events.getValue().progress(40, "Installing nginx", 17);
          events.getValue().output("stdout", "line\n", 30);
          return new AgentReply.Done(JsonMapper.shared().createObjectNode().put("os", "debian 12"));
        });

    assertThat(commands.carryOut(SERVER, COMMAND, run).path("os").asString()).isEqualTo("debian 12");
    assertThat(run.told).containsExactly("sending", "40 Installing nginx", "line\n");

    verify(agent, Mockito.never()).acknowledge(address, run.operation().id().value());
    commands.acknowledge(new OperationEnded(TenantId.PLATFORM, run.operation().id()));
    verify(agent, Mockito.timeout(5_000)).acknowledge(address, run.operation().id().value());
  }

  @Test
  void whatIsStoppedBeforeItArrivedIsSealed() {
    var operation = run.operation().id().value();
    when(agent.cancel(ArgumentMatchers.eq(address), ArgumentMatchers.eq(operation), ArgumentMatchers.any()))
        .thenReturn(
            new AgentReply.Refused("OPERATION_UNKNOWN", "this server has never accepted that operation", false));
    when(agent.status(ArgumentMatchers.eq(address), ArgumentMatchers.eq(operation), ArgumentMatchers.eq(true),
        ArgumentMatchers.any())).thenReturn(new AgentOperation("RUNNING", "server:prepare", "1", null))
        .thenReturn(new AgentOperation("SEALED", null, null, null));
    assertThatThrownBy(() -> commands.stop(SERVER, run)).as("it arrived in that moment")
        .isInstanceOf(OutcomeUnknown.class);
    assertThat(commands.stop(SERVER, run)).isEmpty();
  }

  @Test
  void whatAServerDoesNotKnowIsNeverSentAfterTheRestoreOfAPanel() {
    knows("SEALED");
    for (var code : Map.of("NOT_REPEATED", Duration.ofDays(1), "OUTCOME_UNKNOWN", Duration.ofDays(31)).entrySet()) {
      var copied = RecordedRun.copied(new OperationType("server.prepare"), SERVER,
          Instant.now().minus(code.getValue()));
      assertThatThrownBy(() -> commands.carryOut(SERVER, COMMAND, copied)).isInstanceOf(OperationRefused.class)
          .extracting("code").isEqualTo(code.getKey());
    }
    verify(agent, Mockito.never()).carryOut(ArgumentMatchers.any(), ArgumentMatchers.any(), ArgumentMatchers.any(),
        ArgumentMatchers.anyLong(), ArgumentMatchers.anyLong(), ArgumentMatchers.any(), ArgumentMatchers.any());
  }

  @Test
  void whatAServerKnowsEndsAsItEndedThereAfterTheRestoreOfAPanel() {
    knows("SUCCEEDED");
    carriedOut().thenReturn(new AgentReply.Done(JsonMapper.shared().createObjectNode().put("os", "debian 12")));
    var copied = RecordedRun.copied(new OperationType("server.prepare"), SERVER, Instant.now());
    assertThat(commands.carryOut(SERVER, COMMAND, copied).path("os").asString()).isEqualTo("debian 12");
  }

  private void knows(String state) {
    when(agent.status(ArgumentMatchers.eq(address), ArgumentMatchers.any(), ArgumentMatchers.eq(true),
        ArgumentMatchers.any())).thenReturn(new AgentOperation(state, null, null, null));
  }

  @Test
  void whatCannotBeReachedIsNotCalledStopped() {
    when(agent.cancel(ArgumentMatchers.any(), ArgumentMatchers.any(), ArgumentMatchers.any()))
        .thenThrow(new AgentNeverReached("no", null));
    assertThatThrownBy(() -> commands.stop(SERVER, run)).isInstanceOf(OutcomeUnknown.class);
  }

  @Test
  void aRefusalKeepsItsCodeAndSentence() {
    carriedOut().thenReturn(new AgentReply.Refused("PHP_VERSION_MISSING", "PHP 5.3 is not there", false));
    assertThatThrownBy(this::carryOut).isInstanceOf(OperationRefused.class).hasMessage("PHP 5.3 is not there")
        .extracting("code").isEqualTo("PHP_VERSION_MISSING");
  }

  @Test
  void anUnreachableServerIsNotSentAnythingAndNamesTheLayer() {
    when(agent.hello(address)).thenThrow(new AgentNeverReached("no",
        new HostUnreachable("web-1", 22, HostUnreachable.Layer.TCP, "refused", null)));
    assertThatThrownBy(this::carryOut).isInstanceOf(OperationNotSent.class).extracting("code")
        .isEqualTo("SERVER_NOT_REACHED_TCP");
    assertThat(run.sent()).isFalse();
  }

  @Test
  void anotherHostKeyStopsTheServer() {
    var offered = new HostKey("ssh-ed25519", "SHA256:other", "ssh-ed25519 AAAA");
    Mockito.doNothing().when(guard).changed(ArgumentMatchers.any(), ArgumentMatchers.any());
    when(agent.hello(address))
        .thenThrow(new AgentNeverReached("no", new HostKeyRejected("web-1", "SHA256:x", offered, null)));
    assertThatThrownBy(this::carryOut).isInstanceOf(OperationNotSent.class).extracting("code")
        .isEqualTo("HOST_KEY_CHANGED");
    assertThat(run.sent()).isFalse();
    verify(guard).changed(ArgumentMatchers.any(), ArgumentMatchers.eq(offered));
  }

  @Test
  void aStoppedServerIsNotEvenConnectedTo() {
    given(ServerStatus.HOST_KEY_CHANGED);
    assertThatThrownBy(this::carryOut).isInstanceOf(OperationNotSent.class).hasMessageContaining("operator");
    given(ServerStatus.FAILED);
    assertThatThrownBy(this::carryOut).describedAs("it had an agent and may have sites")
        .isInstanceOf(OperationNotSent.class).extracting("code").isEqualTo("SERVER_NOT_ENROLLED");
    given(ServerStatus.FAILED, null);
    assertThatThrownBy(this::carryOut).isInstanceOf(OperationRefused.class).extracting("code")
        .isEqualTo("SERVER_NOT_ENROLLED");
    Mockito.verifyNoInteractions(agent);
  }

  @Test
  void silenceAfterSendingIsNoFailure() {
    carriedOut().thenThrow(new AgentOutcomeUnknown("silent", null));
    assertThatThrownBy(this::carryOut).isInstanceOf(OutcomeUnknown.class);
    Mockito.reset(agent);
    carriedOut().thenThrow(new AgentProtocolBroken("noise", null));
    assertThatThrownBy(this::carryOut).isInstanceOf(OutcomeUnknown.class);
    Mockito.reset(agent);
    carriedOut().thenThrow(new AgentIncompatible("another protocol", null));
    assertThatThrownBy(this::carryOut).isInstanceOf(OutcomeUnknown.class);
  }

  @Test
  void whileTheServerIsSilentTheReasonIsTold() {
    var events = ArgumentCaptor.forClass(AgentEvents.class);
    when(agent.carryOut(ArgumentMatchers.any(), ArgumentMatchers.any(), ArgumentMatchers.any(),
        ArgumentMatchers.anyLong(), ArgumentMatchers.anyLong(), events.capture(), ArgumentMatchers.any()))
        .thenAnswer(call -> {
          events.getValue().silent(new AgentConnectionLost("cut", null));
          events.getValue().silent(new AgentNeverReached("no",
              new HostUnreachable("web-1", 22, HostUnreachable.Layer.KEX, "nothing said", null)));
          events.getValue().heard();
          return new AgentReply.Done(JsonMapper.shared().createObjectNode());
        });
    carryOut();
    assertThat(run.told).containsExactly("sending", "silent SERVER_NOT_REACHED_TCP", "silent SERVER_NOT_REACHED_KEX",
        "heard");
  }

  @Test
  void whoIsNotLetInAnyMoreLeavesTheWorkToOneWhoLooksAnew() {
    var events = ArgumentCaptor.forClass(AgentEvents.class);
    var offered = new HostKey("ssh-ed25519", "SHA256:other", "ssh-ed25519 AAAA");
    Mockito.doNothing().when(guard).changed(ArgumentMatchers.any(), ArgumentMatchers.any());
    when(agent.carryOut(ArgumentMatchers.any(), ArgumentMatchers.any(), ArgumentMatchers.any(),
        ArgumentMatchers.anyLong(), ArgumentMatchers.anyLong(), events.capture(), ArgumentMatchers.any()))
        .thenAnswer(call -> {
          events.getValue()
              .silent(new AgentNeverReached("no", new HostKeyRejected("web-1", "SHA256:x", offered, null)));
          return new AgentReply.Done(JsonMapper.shared().createObjectNode());
        });
    assertThatThrownBy(this::carryOut).isInstanceOf(OutcomeUnknown.class);
    assertThat(run.told).containsExactly("sending", "silent HOST_KEY_CHANGED");
    verify(guard).changed(ArgumentMatchers.any(), ArgumentMatchers.eq(offered));
  }

  @Test
  void anAgentOfAnotherProtocolAndARequestThatCannotBeMadeAreRefused() {
    carriedOut().thenThrow(new AgentRequestInvalid("too long", null));
    assertThatThrownBy(this::carryOut).isInstanceOf(OperationRefused.class);
    Mockito.doThrow(new AgentIncompatible("protocol 9", null)).when(agent).hello(address);
    assertThatThrownBy(this::carryOut).isInstanceOf(OperationRefused.class).hasMessageContaining("Enrol");
  }

  private void carryOut() {
    commands.carryOut(SERVER, COMMAND, run);
  }

  private org.mockito.stubbing.OngoingStubbing<AgentReply> carriedOut() {
    return when(agent.carryOut(ArgumentMatchers.any(), ArgumentMatchers.any(), ArgumentMatchers.any(),
        ArgumentMatchers.anyLong(), ArgumentMatchers.anyLong(), ArgumentMatchers.any(), ArgumentMatchers.any()));
  }

  private void given(ServerStatus status) {
    given(status, "1");
  }

  private void given(ServerStatus status, @Nullable String agent) {
    var row = new ServerRow(SERVER, TenantId.PLATFORM, "web-1", "web-1", 22, "chom", "SHA256:x", "ssh-ed25519", "k",
        "sealed", "public", status, false, 100, agent, 1, "debian 12", List.of(), Health.NONE, null, null,
        Instant.now(), Upkeep.since(Instant.now()));
    when(addresses.find(SERVER)).thenReturn(row);
    when(addresses.open(row)).thenReturn(address);
  }
}
