package io.chom.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** What the pool promises when something between it and a server goes wrong. */
class PoolFaultTests {
  private static final SshKeyPair KEY = SshKeys.generate();
  private static final Map<String, String> WATCHFUL = Map.of("keep-alive", "1s", "stuck-write", "1s", "back-off",
      "20ms", "max-back-off", "100ms", "connect-timeout", "1s");

  @TempDir
  Path dir;
  private final TestPools.Hand clock = new TestPools.Hand();
  private TestSshServer server;
  private TcpProxy wire;
  private ConnectionPool pool;

  @BeforeEach
  void start() {
    server = new TestSshServer().allow(KEY);
    wire = new TcpProxy(server.port());
    pool = TestPools.pool(WATCHFUL, clock);
  }

  @AfterEach
  void stop() throws Exception {
    pool.close();
    wire.close();
    server.close();
  }

  private SshTarget throughWire() {
    return server.target(KEY, wire.port());
  }

  @Test
  void packetsLeaveAtOnce() throws Exception {
    try (var socket = new WatchedSocket()) {
      assertThat(socket.getTcpNoDelay()).isTrue();
      assertThat(socket.getKeepAlive()).isTrue();
      socket.connect(new java.net.InetSocketAddress("127.0.0.1", server.port()));
      assertThat(socket.getTcpNoDelay()).isTrue();
    }
  }

  @Test
  void aChangedHostKeyIsNotEvenAskedToLogIn() {
    var target = new SshTarget("127.0.0.1", server.port(), "chom", server.target(KEY).credential(),
        SshKeys.generate().fingerprint());
    assertThatThrownBy(() -> pool.exec(target, "true")).isInstanceOf(HostKeyRejected.class);
    assertThat(server.attempts).hasValue(0);
    assertThat(server.commands).isEmpty();
  }

  @Test
  void eachLayerThatFailsIsNamed() throws Exception {
    var nowhere = new SshTarget("no-such-host.invalid", 22, "chom", server.target(KEY).credential(),
        server.fingerprint());
    assertThatThrownBy(() -> pool.exec(nowhere, "true")).isInstanceOfSatisfying(HostUnreachable.class,
        e -> assertThat(e.layer()).isEqualTo(HostUnreachable.Layer.DNS));
    int closed;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      closed = socket.getLocalPort();
    }
    assertThatThrownBy(() -> pool.exec(server.target(KEY, closed), "true"))
        .isInstanceOfSatisfying(HostUnreachable.class, e -> {
          assertThat(e.layer()).isEqualTo(HostUnreachable.Layer.TCP);
          assertThat(e).hasMessageContaining("nothing listens");
        });
    wire.refuse(true);
    assertThatThrownBy(() -> pool.exec(throughWire(), "true")).isInstanceOfSatisfying(HostUnreachable.class, e -> {
      assertThat(e.layer()).isEqualTo(HostUnreachable.Layer.KEX);
      assertThat(e).hasMessageContaining("hangs up");
    });
  }

  @Test
  void aServerThatAcceptsAndSaysNothingCostsABoundedTime() throws Exception {
    try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        var hasty = TestPools.pool(Map.of("connect-timeout", "300ms"), clock)) {
      assertThatThrownBy(() -> hasty.exec(server.target(KEY, silent.getLocalPort()), "true"))
          .isInstanceOfSatisfying(HostUnreachable.class, e -> {
            assertThat(e.layer()).isEqualTo(HostUnreachable.Layer.KEX);
            assertThat(e).hasMessageContaining("300 ms");
          });
      assertThatThrownBy(() -> TestPools.direct().scan("127.0.0.1", silent.getLocalPort(), Duration.ofMillis(200)))
          .isInstanceOf(HostUnreachable.class);
      assertThatThrownBy(
          () -> hasty.exec(server.target(KEY, silent.getLocalPort()), "true", null, Duration.ofMillis(50)))
          .isInstanceOf(SshException.class);
    }
  }

  @Test
  void failedConnectsLeaveNoThreadsBehind() {
    wire.refuse(true);
    for (var i = 0; i < 5; i++) {
      assertThatThrownBy(() -> TestPools.direct().scan("127.0.0.1", wire.port(), Duration.ofSeconds(5)))
          .isInstanceOf(HostUnreachable.class);
    }
    TestPools.direct().scan("127.0.0.1", server.port(), Duration.ofSeconds(5));
    Eventually.that(() -> Thread.getAllStackTraces().keySet().stream()
        .noneMatch(thread -> thread.getName().contains("sshj") || thread.getClass().getName().contains("schmizz")));
  }

  @Test
  void aMissingExitStatusIsLostAndNeverDone() {
    assertThatThrownBy(() -> pool.exec(server.target(KEY), "lose-exit-status"))
        .isInstanceOfSatisfying(ConnectionLost.class, e -> {
          assertThat(e.nothingRan()).isFalse();
          assertThat(e.retryable()).isFalse();
        });
  }

  @Test
  void aCutLinkLosesTheCommandAndTheNextOneLogsInAgain() {
    var started = dir.resolve("started");
    var lost = SshContract.later(() -> pool.exec(throughWire(), "touch " + started + "; sleep 30"));
    Eventually.that(() -> Files.exists(started));
    wire.cut();
    assertThatThrownBy(lost::join).cause().isInstanceOfSatisfying(ConnectionLost.class,
        e -> assertThat(e.nothingRan()).isFalse());
    assertThat(pool.exec(throughWire(), "echo back").out()).isEqualTo("back\n");
    assertThat(pool.stats().logins()).isEqualTo(2);
  }

  @Test
  void aConnectionThatBrokeWhileNobodyUsedItIsReplacedUnseen() {
    for (var i = 0; i < 5; i++) {
      assertThat(pool.exec(throughWire(), "true").ok()).isTrue();
      wire.cut();
      Eventually.that(() -> pool.stats().open() == 0);
    }
    assertThat(pool.exec(throughWire(), "true").ok()).isTrue();
  }

  @Test
  void aWriterThatIsStuckIsFreedByClosingTheSocket() {
    pool.exec(throughWire(), "true");
    var writers = new java.util.ArrayList<CompletableFuture<ExecResult>>();
    wire.freeze();
    for (var i = 0; i < 4; i++) {
      writers
          .add(SshContract
              .later(() -> pool.exec(throughWire(), "cat > /dev/null", new byte[8_000_000], Duration.ofSeconds(60))));
    }
    writers.forEach(writer -> assertThatThrownBy(writer::join).cause().isInstanceOf(SshException.class));
    Eventually.that(() -> pool.stats().channels() == 0);
    wire.thaw();
    Eventually.that(this::answers);
  }

  private boolean answers() {
    try {
      return pool.exec(throughWire(), "true").ok();
    } catch (HostUnreachable e) {
      return false;
    }
  }

  @Test
  void twoServersAndTwoKeysNeverShareAConnection() throws Exception {
    var second = SshKeys.generate();
    server.allow(second);
    try (var other = new TestSshServer().allow(KEY)) {
      pool.exec(server.target(KEY), "true");
      pool.exec(other.target(KEY), "true");
      pool.exec(server.target(second), "true");
      assertThat(server.logins).hasValue(2);
      assertThat(other.logins).hasValue(1);
      assertThat(pool.stats().open()).isEqualTo(3);
    }
  }

  @Test
  void closingEndsEveryConnectionAndTheNextCallerLogsInAfresh() throws Exception {
    try (var other = new TestSshServer().allow(KEY)) {
      pool.exec(server.target(KEY), "true");
      pool.exec(other.target(KEY), "true");
      pool.close(server.target(KEY));
      Eventually.that(() -> server.sessions() == 0);
      assertThat(pool.stats().open()).isEqualTo(1);
      pool.exec(server.target(KEY), "true");
      assertThat(server.logins).hasValue(2);
      pool.close();
      assertThat(pool.stats().open()).isZero();
      Eventually.that(() -> server.sessions() + other.sessions() == 0);
    }
  }

  @Test
  @ExtendWith(OutputCaptureExtension.class)
  void aLoginIsLoggedOnceWithItsAddressAndNothingSecret(CapturedOutput output) {
    pool.exec(throughWire(), "true");
    pool.exec(throughWire(), "true");
    var key = KEY.privateKey().lines().skip(1).findFirst().orElseThrow();
    assertThat(output.getAll()).containsOnlyOnce("Logged in to chom@127.0.0.1:" + wire.port())
        .doesNotContain(key, "PRIVATE KEY");
  }

  @Test
  void idleConnectionsAreClosedAndBusyOnesAreNot() throws Exception {
    var heard = new LinkedBlockingQueue<String>();
    var channel = pool.openLines(server.target(KEY), "cat", SshContract.listener(heard), null);
    pool.exec(throughWire(), "true");
    clock.tick(Duration.ofSeconds(299));
    pool.places().tidy();
    assertThat(pool.stats().open()).isEqualTo(2);
    clock.tick(Duration.ofSeconds(2));
    pool.places().tidy();
    assertThat(pool.stats().open()).isEqualTo(1);
    channel.send("alive".getBytes(StandardCharsets.UTF_8), Duration.ofSeconds(5));
    assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("alive");
    channel.close();
    Eventually.that(() -> pool.stats().channels() == 0);
    clock.tick(Duration.ofSeconds(301));
    pool.places().tidy();
    assertThat(pool.stats().open()).isZero();
    Eventually.that(() -> server.sessions() == 0);
  }

  @Test
  void aQuietLineChannelThatAgreesMakesWay() {
    var asked = new LinkedBlockingQueue<String>();
    pool.openLines(server.target(KEY), "cat", new LineChannel.Listener() {
      @Override
      public void line(String line) {}

      @Override
      public void closed(LineChannelEnd end) {
        asked.add("closed");
      }

      @Override
      public boolean makeWay() {
        return asked.add("asked");
      }
    }, null);
    clock.tick(Duration.ofSeconds(301));
    pool.places().tidy();
    assertThat(asked).contains("asked");
    Eventually.that(() -> server.sessions() == 0);
  }

  @Test
  void beyondTheCapTheLongestIdleMakesWayAndTheOthersWaitFairly() throws Exception {
    try (var small = TestPools.pool(Map.of("max-connections", "2"), clock);
        var a = new TestSshServer().allow(KEY);
        var b = new TestSshServer().allow(KEY);
        var c = new TestSshServer().allow(KEY)) {
      small.exec(a.target(KEY), "true");
      clock.tick(Duration.ofSeconds(1));
      small.exec(b.target(KEY), "true");
      small.exec(c.target(KEY), "true");
      assertThat(small.stats().open()).isEqualTo(2);
      Eventually.that(() -> a.sessions() == 0);
      var gate = dir.resolve("gate");
      var hold = "while [ ! -e " + gate + " ]; do sleep 0.05; done";
      var first = SshContract.later(() -> small.exec(b.target(KEY), hold));
      var second = SshContract.later(() -> small.exec(c.target(KEY), hold));
      Eventually.that(() -> small.stats().channels() == 2);
      assertThatThrownBy(() -> small.exec(a.target(KEY), "true", null, Duration.ofMillis(200)))
          .isInstanceOfSatisfying(PoolExhausted.class, e -> assertThat(e.nothingRan()).isTrue());
      var waiting = SshContract.later(() -> small.exec(a.target(KEY), "echo turn"));
      Eventually.that(() -> small.stats().waiting() == 1);
      Files.createFile(gate);
      assertThat(first.join().ok()).isTrue();
      assertThat(second.join().ok()).isTrue();
      assertThat(waiting.join().out()).isEqualTo("turn\n");
    }
  }

  @Test
  void beyondTheCapWhoeverCameFirstIsNext() throws Exception {
    try (var one = TestPools.pool(Map.of("max-connections", "1"), clock);
        var a = new TestSshServer().allow(KEY);
        var b = new TestSshServer().allow(KEY);
        var c = new TestSshServer().allow(KEY)) {
      var gate = dir.resolve("gate");
      var first = IntStream.range(0, 5).mapToObj(i -> SshContract
          .later(() -> one.exec(a.target(KEY), "while [ ! -e " + gate + " ]; do sleep 0.05; done"))).toList();
      Eventually.that(() -> one.stats().channels() == 5);
      var order = dir.resolve("order");
      var waiting = new java.util.ArrayList<CompletableFuture<ExecResult>>();
      for (var next : java.util.List.of(b, c)) {
        waiting.add(SshContract.later(() -> one.exec(next.target(KEY), "echo " + next.port() + " >> " + order)));
        Eventually.that(() -> one.stats().waiting() == waiting.size());
      }
      Files.createFile(gate);
      first.forEach(CompletableFuture::join);
      waiting.forEach(CompletableFuture::join);
      assertThat(Files.readAllLines(order)).containsExactly("" + b.port(), "" + c.port());
      assertThat(one.stats().evicted()).isEqualTo(2);
    }
  }

  @Test
  void neitherTheCapNorTheClockClosesAConnectionWithAChannel() throws Exception {
    try (var one = TestPools.pool(Map.of("max-connections", "1"), clock);
        var other = new TestSshServer().allow(KEY)) {
      var heard = new LinkedBlockingQueue<String>();
      var channel = one.openLines(server.target(KEY), "cat", SshContract.listener(heard), null);
      assertThatThrownBy(() -> one.exec(other.target(KEY), "true", null, Duration.ofMillis(200)))
          .isInstanceOf(PoolExhausted.class);
      clock.tick(Duration.ofHours(1));
      one.places().tidy();
      channel.send("alive".getBytes(StandardCharsets.UTF_8), Duration.ofSeconds(5));
      assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("alive");
      assertThat(other.logins).hasValue(0);
    }
  }

  @Test
  void onlySoManyLogInAtATime() {
    var now = new AtomicInteger();
    var most = new AtomicInteger();
    var gate = new CountDownLatch(1);
    var properties = TestPools.properties(Map.of("max-connecting", "2"));
    var slow = new SshLibrary() {
      @Override
      public Link connect(SshTarget target) {
        most.accumulateAndGet(now.incrementAndGet(), Math::max);
        try {
          gate.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
        now.decrementAndGet();
        throw new HostUnreachable(target.host(), target.port(), HostUnreachable.Layer.TCP, "nobody is there", null);
      }

      @Override
      public HostKey scan(String host, int port, Deadline deadline) {
        throw new UnsupportedOperationException();
      }
    };
    try (var busy = new ConnectionPool(properties, slow, new PoolMetrics(new SimpleMeterRegistry()), new Watch(),
        clock)) {
      var callers = IntStream.range(1, 9)
          .mapToObj(port -> SshContract.later(() -> busy.exec(server.target(KEY, port), "true"))).toList();
      Eventually.that(() -> busy.stats().connecting() == 8 && now.get() == 2);
      gate.countDown();
      callers.forEach(caller -> assertThatThrownBy(caller::join).cause().isInstanceOf(HostUnreachable.class));
      assertThat(most).hasValue(2);
    }
  }

  @Test
  void everyFigureIsExplainedAndCounts() throws Exception {
    var registry = new SimpleMeterRegistry();
    try (var counted = TestPools.pool(WATCHFUL, clock, registry)) {
      counted.exec(throughWire(), "true");
      wire.refuse(true);
      wire.cut();
      Eventually.that(() -> counted.stats().open() == 0);
      Eventually.that(() -> {
        assertThatThrownBy(() -> counted.exec(throughWire(), "true")).isInstanceOf(HostUnreachable.class);
        return counted.stats().circuitsOpen() == 1;
      });
      var explained = Files.readString(Path.of("docs/monitoring/ssh-pool.md"));
      assertThat(registry.getMeters()).extracting(meter -> meter.getId().getName().replace(".percentile", ""))
          .allSatisfy(name -> assertThat(explained).contains("`" + name + "`"));
      assertThat(registry.get("chom.ssh.connections.closed").tag("reason", "broken").counter().count()).isEqualTo(1);
      assertThat(registry.get("chom.ssh.circuit.opened").counter().count()).isEqualTo(1);
      assertThat(registry.get("chom.ssh.circuits.open").gauge().value()).isEqualTo(1);
      assertThat(registry.get("chom.ssh.exec").tag("outcome", "ok").timer().count()).isEqualTo(1);
      assertThat(registry.get("chom.ssh.login").tag("outcome", "ok").timer().count()).isEqualTo(1);
      assertThat(registry.get("chom.ssh.login").tag("outcome", "host_unreachable_kex").timer().count()).isEqualTo(3);
      assertThat(registry.get("chom.ssh.waits").counter().count()).isPositive();
    }
  }

  @Test
  void aHundredFirstCallersCauseOneLogin() {
    var settings = new HashMap<>(WATCHFUL);
    settings.put("connections-per-server", "1");
    pool.close();
    pool = TestPools.pool(settings, clock);
    var callers = IntStream.range(0, 100).mapToObj(i -> SshContract.later(() -> pool.exec(throughWire(), "true")))
        .toList();
    callers.forEach(CompletableFuture::join);
    assertThat(server.logins).hasValue(1);
  }

  @Test
  void firstCallersWhoFitOnOneConnectionOpenNoOther() {
    var callers = IntStream.range(0, 4).mapToObj(i -> SshContract.later(() -> pool.exec(throughWire(), "true")))
        .toList();
    callers.forEach(CompletableFuture::join);
    assertThat(server.logins).hasValue(1);
  }

  @Test
  void aLongWriteToACommandThatDoesNotReadDoesNotHoldOthersUp() {
    var slow = SshContract.later(
        () -> pool.exec(server.target(KEY), "sleep 2; cat | wc -c", new byte[5_000_000], Duration.ofSeconds(30)));
    assertThat(pool.exec(server.target(KEY), "echo quick", null, Duration.ofSeconds(2)).out()).isEqualTo("quick\n");
    assertThat(slow.join().out().strip()).isEqualTo("5000000");
  }
}
