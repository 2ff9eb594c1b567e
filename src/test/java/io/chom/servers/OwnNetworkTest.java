package io.chom.servers;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.common.Uuid7;
import io.chom.testing.RealServices;
import java.time.Clock;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** Servers are divided among the panels that live; one that is cut off itself calls no server unreachable. */
class OwnNetworkTest extends FleetTest {
  @Autowired
  JdbcClient jdbc;
  @Autowired
  ServersProperties properties;
  @Autowired
  Clock clock;
  @Autowired
  OwnNetwork network;
  @Autowired
  TransactionTemplate transaction;
  @Autowired
  WatchRing panel;

  @Test
  void eachServerBelongsToOneLivingPanelAndADeadOnesShareIsTakenOver() {
    var ids = IntStream.range(0, 400).mapToObj(n -> ServerId.fresh()).toList();
    var rings = List.of(ring("a"), ring("b"), ring("c"));
    beat(rings);
    beat(rings);
    for (var id : ids) {
      assertThat(rings.stream().filter(one -> one.mine(id)).count() + (panelsHere(id) ? 1 : 0)).isEqualTo(1);
    }
    for (var one : rings) {
      assertThat(ids.stream().filter(one::mine)).hasSizeBetween(40, 240);
    }
    var kept = ids.stream().filter(rings.get(0)::mine).toList();
    transaction.executeWithoutResult(status -> rings.get(2).leave());
    beat(rings.subList(0, 2));
    beat(rings.subList(0, 2));
    assertThat(ids.stream().filter(rings.get(0)::mine).toList()).containsAll(kept);
    for (var id : ids) {
      assertThat(rings.subList(0, 2).stream().filter(one -> one.mine(id)).count() + (panelsHere(id) ? 1 : 0))
          .isEqualTo(1);
    }
    rings.forEach(one -> transaction.executeWithoutResult(status -> one.leave()));
  }

  @Test
  void aPanelThatIsCutOffIsRelievedAndNamedAndComesBack() {
    var cut = new OwnNetwork(properties, clock);
    var sick = new WatchRing(jdbc, cut, properties.probeEvery(), "sick-" + Uuid7.next());
    var well = ring("well");
    var ids = IntStream.range(0, 30).mapToObj(n -> ServerId.fresh()).toList();
    ids.forEach(cut::failed);
    assertThat(cut.bad()).isTrue();
    beat(List.of(sick, well));
    beat(List.of(sick, well));
    assertThat(sick.relieved()).isTrue();
    assertThat(ids).noneMatch(sick::mine);
    assertThat(ids).anyMatch(sick::wouldBeMine);
    assertThat(panel.cutOff()).anySatisfy(one -> {
      assertThat(one.unreached()).isEqualTo(30);
      assertThat(one.watched()).isEqualTo(30);
    });

    ids.forEach(cut::reached);
    beat(List.of(sick, well));
    assertThat(cut.bad()).isFalse();
    assertThat(sick.relieved()).isFalse();
    assertThat(panel.cutOff()).isEmpty();
    for (var one : List.of(sick, well)) {
      transaction.executeWithoutResult(status -> one.leave());
    }
  }

  @Test
  void someServersThatAreDownAreNotTheNetwork() {
    var own = new OwnNetwork(properties, clock);
    IntStream.range(0, 6).forEach(n -> own.reached(ServerId.fresh()));
    IntStream.range(0, 6).forEach(n -> own.failed(ServerId.fresh()));
    assertThat(own.bad()).isFalse();
    var few = new OwnNetwork(properties, clock);
    few.failed(ServerId.fresh());
    few.failed(ServerId.fresh());
    assertThat(few.bad()).as("of two servers both may be down").isFalse();
  }

  @Test
  void whenNoNameHasAnAddressServersStayReadyUntilOthersAnswer() {
    var server = enrolled();
    probe(server);
    var lost = IntStream.range(0, 60).mapToObj(n -> nameless()).toList();
    // what this panel reached for other tests counts too: others fail beside them, but too few to be the network
    int reached = network.finding().watched() - network.finding().unreached();
    IntStream.range(0, Math.max(0, 3 * (reached + 5) - lost.size())).forEach(n -> network.failed(ServerId.fresh()));
    try {
      for (int round = 0; round < 4; round++) {
        lost.forEach(this::probe);
      }
      assertThat(network.bad()).isTrue();
      for (var id : lost) {
        assertThat(as(() -> servers.get(id)).status()).isEqualTo(ServerStatus.READY);
      }
      // a server that refuses a connection was reached, and counts by itself
      machine.powerOff();
      probe(server);
      assertThat(as(() -> servers.get(server)).failingLayer()).isEqualTo(FailingLayer.TCP);
    } finally {
      lost.forEach(id -> RealServices.asAdministrator("delete from vps_server where id = '" + id + "'"));
      IntStream.range(0, 200).forEach(n -> network.reached(ServerId.fresh()));
    }
    assertThat(network.bad()).isFalse();
  }

  /** A ready server whose name cannot be resolved, with the key of one that is there. */
  private ServerId nameless() {
    var id = ServerId.fresh();
    var key = io.chom.ssh.SshKeys.generate("chom-panel:" + id);
    as(() -> transaction.execute(status -> {
      rows.insert(new ServerRow(id, io.chom.tenancy.TenantId.PLATFORM, "web " + id, "nowhere-" + id + ".invalid", 22,
          "chom", "SHA256:x", "ssh-ed25519", key.fingerprint(),
          secrets.seal(key.privateKey(), ServerRow.keyContext(id)),
          key.publicKey(), ServerStatus.ENROLLING, false, 0, null, null, null, List.of(), Health.NONE, null, null,
          clock.instant(), Upkeep.since(clock.instant())));
      return id;
    }));
    RealServices.asAdministrator("update vps_server set status = 'READY', agent_version = '1' where id = '" + id + "'");
    return id;
  }

  @Autowired
  io.chom.secrets.SecretBox secrets;

  private WatchRing ring(String name) {
    return new WatchRing(jdbc, new OwnNetwork(properties, clock), properties.probeEvery(), name + "-" + Uuid7.next());
  }

  private void beat(List<WatchRing> rings) {
    rings.forEach(one -> transaction.executeWithoutResult(status -> one.beat()));
    transaction.executeWithoutResult(status -> panel.beat());
  }

  /** Whether the panel of this test run, which lives as well, has it. */
  private boolean panelsHere(ServerId id) {
    return panel.mine(id);
  }
}
