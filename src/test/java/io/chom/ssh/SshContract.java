package io.chom.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the pool promises on any SSH server. */
abstract class SshContract {
  static final SshKeyPair KEY = SshKeys.generate("test");

  static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration KEEP_ALIVE = Duration.ofSeconds(2);
  private static final Map<String, String> WATCHFUL = Map.of("keep-alive", KEEP_ALIVE.toSeconds() + "s",
      "connect-timeout", "2s", "back-off", "1ms", "breaker-open", "200ms", "max-back-off", "200ms");

  @TempDir
  Path dir;
  final TestPools.Hand clock = new TestPools.Hand();
  SshPool pool = TestPools.pool(Map.of());
  private TcpProxy wire;

  abstract SshTarget target();

  @AfterEach
  void closePool() throws Exception {
    TestPools.close(pool);
    if (wire != null) {
      wire.close();
    }
  }

  /** A pool with other settings, and a wire to the server that can be cut. */
  private SshTarget throughWire(Map<String, String> settings) {
    TestPools.close(pool);
    pool = TestPools.pool(settings, clock);
    wire = new TcpProxy(target().port());
    var target = target();
    return new SshTarget(target.host(), wire.port(), target.user(), target.credential(), target.hostKey());
  }

  private SshServerStats there() {
    return pool.servers().getFirst();
  }

  /** Commands that run until the gate is there. */
  private List<CompletableFuture<ExecResult>> hold(SshTarget target, Path gate, int times) {
    return IntStream.range(0, times)
        .mapToObj(i -> later(() -> pool.exec(target, "while [ ! -e " + gate + " ]; do sleep 0.05; done"))).toList();
  }

  /** On a thread of its own: the common pool may have one only. */
  static <T> CompletableFuture<T> later(Supplier<T> work) {
    return CompletableFuture.supplyAsync(work, task -> Thread.ofVirtual().start(task));
  }

  @Test
  void keepsOutputDiagnosticsAndExitCodeApart() {
    var result = pool.exec(target(), "echo out; echo err >&2; exit 7");
    assertThat(result.out()).isEqualTo("out\n");
    assertThat(result.err()).isEqualTo("err\n");
    assertThat(result.exitCode()).isEqualTo(7);
    assertThat(result.truncated()).isFalse();
  }

  @Test
  void aCommandWithoutInputSeesItsEnd() {
    assertThat(pool.exec(target(), "cat; echo done").out()).isEqualTo("done\n");
  }

  @Test
  void inputArrivesByteForByte() {
    var bytes = new byte[700_000];
    new java.util.Random(1).nextBytes(bytes);
    assertThat(pool.exec(target(), "cat", bytes, null).stdout()).isEqualTo(bytes);
  }

  @Test
  void inputLargerThanTheWindowDoesNotStallOnACommandThatAnswersMeanwhile() {
    var bytes = new byte[6_000_000];
    var result = pool.exec(target(), "cat | wc -c", bytes, null);
    assertThat(result.out().strip()).isEqualTo("6000000");
  }

  @Test
  void outputBeyondTheLimitIsDroppedAndSaid() {
    var result = pool.exec(target(), "head -c 9000000 /dev/zero; head -c 9000000 /dev/zero >&2; echo end >&2");
    assertThat(result.exitCode()).isZero();
    assertThat(result.truncated()).isTrue();
    assertThat(result.stdout()).hasSize(1_048_576);
    assertThat(result.stderr()).hasSize(262_144);
  }

  @Test
  void tenCommandsCostOneLogin() {
    for (var i = 0; i < 10; i++) {
      assertThat(pool.exec(target(), "true").ok()).isTrue();
    }
    assertThat(pool.stats().logins()).isEqualTo(1);
    assertThat(pool.stats().channels()).isZero();
  }

  @Test
  void twoHundredAtOnceAllGetTheirTurn() throws Exception {
    var failures = new ConcurrentLinkedQueue<Throwable>();
    try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      IntStream.range(0, 200).forEach(i -> callers.submit(() -> {
        try {
          assertThat(pool.exec(target(), "echo " + i).out()).isEqualTo(i + "\n");
        } catch (Throwable e) {
          failures.add(e);
        }
      }));
    }
    assertThat(failures).isEmpty();
    assertThat(pool.stats().logins()).isBetween(1L, 3L);
    assertThat(pool.stats().waiting()).isZero();
  }

  @Test
  void aCommandThatDoesNotEndIsStoppedAndItsPlaceIsFreeAgain() throws Exception {
    var alive = dir.resolve("alive");
    assertThatThrownBy(() -> pool.exec(target(), "exec sh -c 'echo $$ > " + alive + "; exec sleep 600'", null,
        Duration.ofSeconds(2))).isInstanceOf(CommandTimedOut.class).hasMessageContaining("2000 ms");
    Eventually.that(() -> pool.stats().channels() == 0);
    var pid = Long.parseLong(Files.readString(alive).strip());
    Eventually.that(() -> ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty());
    assertThat(pool.exec(target(), "echo still here").out()).isEqualTo("still here\n");
    assertThat(pool.stats().logins()).isEqualTo(1);
  }

  @Test
  void aCommandThatDoesNotHeedTheRequestToStopIsKilled() throws Exception {
    var alive = dir.resolve("alive");
    assertThatThrownBy(() -> pool.exec(target(), "exec sh -c 'trap \"\" TERM; echo $$ > " + alive
        + "; while :; do sleep 0.1; done'", null, Duration.ofSeconds(2))).isInstanceOf(CommandTimedOut.class);
    Eventually.that(() -> pool.stats().channels() == 0);
    var pid = Long.parseLong(Files.readString(alive).strip());
    Eventually.that(() -> ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty());
    assertThat(pool.exec(target(), "echo still here").out()).isEqualTo("still here\n");
    assertThat(pool.stats().logins()).isEqualTo(1);
  }

  @Test
  void anotherConnectionIsOpenedOnlyWhenTheOthersAreBusy() throws Exception {
    var gate = dir.resolve("gate");
    var held = new ArrayList<>(hold(target(), gate, 5));
    Eventually.that(() -> pool.stats().channels() == 5);
    assertThat(pool.stats().open()).isEqualTo(1);
    held.addAll(hold(target(), gate, 1));
    Eventually.that(() -> pool.stats().channels() == 6);
    assertThat(pool.stats().open()).isEqualTo(2);
    held.addAll(hold(target(), gate, 11));
    Eventually.that(() -> pool.stats().channels() == 15 && pool.stats().waiting() == 2);
    assertThat(there().connections()).isEqualTo(there().most()).isEqualTo(3);
    assertThat(there().waiting()).isEqualTo(2);
    Files.createFile(gate);
    held.forEach(command -> assertThat(command.join().ok()).isTrue());
    assertThat(pool.stats().logins()).isEqualTo(3);
  }

  @Test
  void whatTheServerOpensNoSessionForIsRunElsewhereAndTheLimitIsLearntAndDoubted() throws Exception {
    TestPools.close(pool);
    pool = TestPools.pool(Map.of("channels-per-connection", "20", "connections-per-server", "2"), clock);
    var gate = dir.resolve("gate");
    var held = hold(target(), gate, 40);
    Eventually.that(() -> pool.stats().waiting() >= 20 && pool.stats().open() == 2 && there().places() <= 20);
    Files.createFile(gate);
    held.forEach(command -> assertThat(command.join().ok()).isTrue());
    assertThat(there().circuit()).isEqualTo(SshCircuit.CLOSED);
    var learnt = there().places();
    pool.exec(target(), "true");
    assertThat(there().places()).isEqualTo(learnt);
    clock.tick(Duration.ofSeconds(61));
    pool.exec(target(), "true");
    assertThat(there().places()).isEqualTo(learnt + there().connections());
  }

  @Test
  void aPeerThatFallsSilentIsNoticedWithinFourKeepAlivesAndASecond() {
    var target = throughWire(WATCHFUL);
    var started = dir.resolve("started");
    var lost = later(() -> pool.exec(target, "touch " + started + "; sleep 60"));
    Eventually.that(() -> Files.exists(started));
    wire.freeze();
    var since = System.nanoTime();
    assertThatThrownBy(lost::join).cause().isInstanceOfSatisfying(ConnectionLost.class,
        e -> assertThat(e.nothingRan()).isFalse());
    assertNoticedInTime(since);
    assertThat(pool.stats().open()).isZero();
  }

  @Test
  void nineWritersStuckBehindAPeerThatReadsNoMoreAreFreedInTheSameTime() {
    var target = throughWire(WATCHFUL);
    var channels = sinks(target, 9);
    wire.freeze();
    var since = System.nanoTime();
    var writers = channels.stream().map(SshContract::writer).toList();
    writers.forEach(
        writer -> assertThatThrownBy(writer::join).cause().isInstanceOf(ConnectionLost.class));
    assertNoticedInTime(since);
    assertThat(pool.stats().killed()).isEqualTo(2);
    Eventually.that(() -> pool.stats().channels() == 0);
  }

  /** Channels to commands that swallow what is written to them. */
  private List<LineChannel> sinks(SshTarget target, int times) {
    return IntStream.range(0, times)
        .mapToObj(i -> pool.openLines(target, "cat > /dev/null", listener(new LinkedBlockingQueue<>()), null)).toList();
  }

  /** Writes until it no longer can; what a window lets out unread is more than a wire holds. */
  private static CompletableFuture<Void> writer(LineChannel channel) {
    var line = new byte[64 * 1024];
    Arrays.fill(line, (byte) 'x');
    return later(() -> {
      while (true) {
        channel.send(line, Duration.ofMinutes(1));
      }
    });
  }

  private static void assertNoticedInTime(long since) {
    assertThat(Duration.ofNanos(System.nanoTime() - since))
        .isLessThan(KEEP_ALIVE.multipliedBy(4).plusSeconds(1));
  }

  @Test
  void aWriterIsFreedAlsoWhileThePeerGoesOnTalking() {
    var settings = new HashMap<>(WATCHFUL);
    settings.put("stuck-write", "1s");
    var target = throughWire(settings);
    pool.openLines(target, "while sleep 0.1; do echo tick; done", listener(new LinkedBlockingQueue<>()), null);
    var channels = sinks(target, 4);
    wire.deafen();
    var writers = channels.stream().map(SshContract::writer).toList();
    writers.forEach(
        writer -> assertThatThrownBy(writer::join).cause().isInstanceOf(ConnectionLost.class));
    assertThat(there().lastFault().message()).contains("stuck for 1000 ms");
  }

  @Test
  void afterFaultsInARowNobodyTriesUntilOneCallerGetsThrough() {
    var target = throughWire(WATCHFUL);
    wire.refuse(true);
    Eventually.that(() -> {
      assertThatThrownBy(() -> pool.exec(target, "true")).isInstanceOf(HostUnreachable.class);
      return there().circuit() == SshCircuit.OPEN;
    });
    assertThat(wire.accepted).hasValue(3);
    assertThat(there().faults()).isEqualTo(3);
    assertThat(there().lastFault().code()).isEqualTo("HOST_UNREACHABLE_KEX");
    assertThat(pool.stats().circuitsOpen()).isEqualTo(1);

    wire.refuse(false);
    wire.freeze();
    Eventually.that(() -> there().circuit() == SshCircuit.HALF_OPEN);
    var one = later(() -> pool.exec(target, "true"));
    Eventually.that(() -> wire.accepted.get() == 4);
    for (var i = 0; i < 20; i++) {
      assertThatThrownBy(() -> pool.exec(target, "true")).isInstanceOf(HostUnreachable.class);
    }
    assertThat(wire.accepted).hasValue(4);
    assertThat(one).isNotDone();
    assertThat(there().circuit()).isEqualTo(SshCircuit.HALF_OPEN);
    assertThatThrownBy(one::join).cause().isInstanceOf(HostUnreachable.class);

    wire.thaw();
    Eventually.that(() -> there().circuit() == SshCircuit.HALF_OPEN);
    assertThat(pool.exec(target, "echo back").out()).isEqualTo("back\n");
    assertThat(there().circuit()).isEqualTo(SshCircuit.CLOSED);
    assertThat(there().faults()).isZero();
  }

  @Test
  void refusalsAreAnswersAndLeaveTheCircuitClosed() {
    var there = target();
    var stranger = new SshTarget(there.host(), there.port(), there.user(),
        new SshCredential.Key("stranger", SshKeys.generate().privateKey(), null), there.hostKey());
    var other = new SshTarget(there.host(), there.port(), there.user(), there.credential(),
        SshKeys.generate().fingerprint());
    for (var i = 0; i < 5; i++) {
      assertThatThrownBy(() -> pool.exec(stranger, "true")).isInstanceOf(AuthenticationRejected.class);
      assertThatThrownBy(() -> pool.exec(other, "true")).isInstanceOf(HostKeyRejected.class);
      assertThat(pool.exec(there, "exit 7").exitCode()).isEqualTo(7);
      assertThatThrownBy(() -> pool.exec(there, "sleep 5", null, Duration.ofMillis(100)))
          .isInstanceOf(CommandTimedOut.class);
    }
    assertThat(pool.servers()).hasSize(3).allMatch(server -> server.circuit() == SshCircuit.CLOSED)
        .allMatch(server -> server.faults() == 0);
    assertThat(pool.servers()).flatExtracting(SshServerStats::lastFault).filteredOn(Objects::nonNull)
        .extracting("code").contains("AUTHENTICATION_REJECTED", "HOST_KEY_CHANGED");
  }

  @Test
  void aWrongKeyIsNamedAndNotTriedAgainAtOnce() {
    var stranger = SshKeys.generate();
    var target = new SshTarget(target().host(), target().port(), target().user(),
        new SshCredential.Key("stranger", stranger.privateKey(), null), target().hostKey());
    assertThatThrownBy(() -> pool.exec(target, "true")).isInstanceOf(AuthenticationRejected.class)
        .hasMessageContaining("stranger");
    assertThatThrownBy(() -> pool.exec(target, "true")).isInstanceOf(AuthenticationRejected.class);
  }

  @Test
  void aChangedHostKeyStopsEverything() {
    var other = SshKeys.generate().fingerprint();
    var target = new SshTarget(target().host(), target().port(), target().user(), target().credential(), other);
    assertThatThrownBy(() -> pool.exec(target, "touch " + dir.resolve("ran")))
        .isInstanceOfSatisfying(HostKeyRejected.class, e -> {
          assertThat(e.expected()).isEqualTo(other);
          assertThat(e.offered().fingerprint()).isEqualTo(target().hostKey());
          assertThat(e.retryable()).isFalse();
        });
    assertThat(dir.resolve("ran")).doesNotExist();
  }

  @Test
  void linesGoBothWaysAndTheEndIsTold() throws Exception {
    var heard = new LinkedBlockingQueue<String>();
    var channel = pool.openLines(target(), "while read -r line; do echo \"got $line\"; done; exit 3",
        listener(heard), null);
    channel.send("eins".getBytes(StandardCharsets.UTF_8), Duration.ofSeconds(5));
    channel.send("zwei ü".getBytes(StandardCharsets.UTF_8), Duration.ofSeconds(5));
    assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("got eins");
    assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("got zwei ü");
    assertThat(pool.stats().channels()).isEqualTo(1);
    channel.close();
    assertThat(heard.poll(10, TimeUnit.SECONDS)).startsWith("closed").contains("3");
    Eventually.that(() -> pool.stats().channels() == 0);
    assertThatThrownBy(() -> channel.send(new byte[]{'x'}, Duration.ofSeconds(1)))
        .isInstanceOfSatisfying(ConnectionLost.class, e -> assertThat(e.nothingRan()).isTrue());
  }

  @Test
  void manyLinesArriveWholeAndInOrderThoughTheyComeInPieces() throws Exception {
    var heard = new LinkedBlockingQueue<String>();
    pool.openLines(target(), "seq 1 200000", listener(heard), null);
    for (var i = 1; i <= 200_000; i++) {
      assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo(String.valueOf(i));
    }
    assertThat(heard.poll(20, TimeUnit.SECONDS)).startsWith("closed").endsWith(" 0");
  }

  @Test
  void aListenerThatFailsLosesItsChannelAndNobodyElseTheirs() throws Exception {
    var end = new LinkedBlockingQueue<String>();
    var heard = new LinkedBlockingQueue<String>();
    var other = pool.openLines(target(), "cat", listener(heard), null);
    pool.openLines(target(), "echo one; echo two; sleep 60", new LineChannel.Listener() {
      @Override
      public void line(String line) {
        end.add(line);
        throw new IllegalStateException("not today");
      }

      @Override
      public void closed(LineChannelEnd why) {
        end.add(why.reason());
      }
    }, null);
    assertThat(end.poll(20, TimeUnit.SECONDS)).isEqualTo("one");
    assertThat(end.poll(20, TimeUnit.SECONDS)).contains("not today");
    other.send("alive".getBytes(StandardCharsets.UTF_8), Duration.ofSeconds(5));
    assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("alive");
    Eventually.that(() -> pool.stats().channels() == 1);
    assertThat(pool.stats().logins()).isEqualTo(1);
  }

  @Test
  void aLineWithoutEndClosesTheChannelInsteadOfFillingTheMemory() throws Exception {
    var heard = new LinkedBlockingQueue<String>();
    pool.openLines(target(), "cat /dev/zero", listener(heard), null);
    assertThat(heard.poll(20, TimeUnit.SECONDS)).startsWith("closed").contains("longer than 65536");
    assertThat(pool.exec(target(), "echo ok").out()).isEqualTo("ok\n");
  }

  @Test
  void textThatLooksLikeShellArrivesAsText() {
    var nasty = "'; rm -rf / #\"`id`$(id)\\ ${HOME} ü \u2028 😀 -n *";
    var quoted = "'" + nasty.replace("'", "'\\''") + "'";
    assertThat(pool.exec(target(), "printf %s " + quoted).out()).isEqualTo(nasty);
    assertThat(pool.exec(target(), "cat", nasty.getBytes(StandardCharsets.UTF_8), null).out()).isEqualTo(nasty);
  }

  static LineChannel.Listener listener(LinkedBlockingQueue<String> heard) {
    return new LineChannel.Listener() {
      @Override
      public void line(String line) {
        heard.add(line);
      }

      @Override
      public void closed(LineChannelEnd end) {
        heard.add("closed: " + end.reason() + " " + end.exitCode());
      }
    };
  }

  @Test
  void aStreamIsReadByteForByteAndEndsWithTheCommandsExitCode() throws Exception {
    var sum = pool.exec(target(), "seq 1 4000000 | cksum").out().strip();
    try (var stream = pool.openStream(target(), "seq 1 4000000; echo done >&2; exit 7", LIMIT)) {
      var file = dir.resolve("read");
      long length = readInto(stream, file);
      assertThat(OpenSshServer.run("sh", "-c", "cksum <" + file).strip()).isEqualTo(sum);
      assertThat(sum).endsWith(" " + length);
      assertThat(stream.exitCode()).isEqualTo(7);
      assertThat(stream.complaint()).isEqualTo("done");
    }
    Eventually.that(() -> pool.stats().channels() == 0);
  }

  @Test
  void aReaderThatTakesItsTimeHoldsTheCommandUpAndNobodyElse() throws Exception {
    var written = dir.resolve("written");
    try (var stream = pool.openStream(target(),
        "for i in $(seq 1 1000); do head -c 65536 /dev/zero; echo $i >" + written + "; done", LIMIT)) {
      // a window's worth and what is on its way; then the command waits
      Eventually.that(new StandsStill(written));
      assertThat(Integer.parseInt(Files.readString(written).strip())).isBetween(1, 400);
      assertThat(pool.exec(target(), "echo quick").out()).isEqualTo("quick\n");
      assertThat(readInto(stream, dir.resolve("all"))).isEqualTo(65_536L * 1000);
      assertThat(stream.exitCode()).isZero();
    }
  }

  /** Whether a file has stayed as it is for a while. */
  private static final class StandsStill implements BooleanSupplier {
    private final Path file;
    private String seen = "";
    private long since = System.nanoTime();

    StandsStill(Path file) {
      this.file = file;
    }

    @Override
    public boolean getAsBoolean() {
      try {
        var now = Files.exists(file) ? Files.readString(file).strip() : "";
        if (now.isEmpty() || !now.equals(seen)) {
          seen = now;
          since = System.nanoTime();
        }
      } catch (IOException e) {
        since = System.nanoTime();
      }
      return System.nanoTime() - since > TimeUnit.MILLISECONDS.toNanos(500);
    }
  }

  @Test
  void aStreamThatIsClosedEndsItsCommandWhichSeesItsInputEnd() throws Exception {
    var ended = dir.resolve("ended");
    var stream = pool.openStream(target(), "(cat >/dev/null; echo yes >" + ended + ") <&0 & cat /dev/zero", LIMIT);
    stream.read(new byte[1000], LIMIT);
    stream.close();
    Eventually.that(() -> Files.exists(ended));
    Eventually.that(() -> pool.stats().channels() == 0);
    assertThat(pool.exec(target(), "echo on").out()).isEqualTo("on\n");
  }

  @Test
  void aStreamThatBreaksOffIsNeverTakenForTheWhole() {
    var target = throughWire(WATCHFUL);
    try (var stream = pool.openStream(target, "head -c 100000 /dev/zero; sleep 60", LIMIT)) {
      stream.read(new byte[1000], LIMIT);
      wire.cut();
      assertThatThrownBy(() -> readInto(stream, dir.resolve("part"))).isInstanceOf(ConnectionLost.class);
    }
  }

  @Test
  void aStreamThatIsSilentForTooLongIsSaidSo() {
    try (var stream = pool.openStream(target(), "sleep 60", LIMIT)) {
      assertThatThrownBy(() -> stream.read(new byte[10], Duration.ofMillis(200))).isInstanceOf(CommandTimedOut.class);
    }
  }

  @Test
  void streamsShareAConnectionOfTheirOwnAndCountAmongTheServersThree() throws Exception {
    var gate = dir.resolve("gate");
    var held = hold(target(), gate, 11);
    Eventually.that(() -> pool.stats().open() == 3);
    var streams = new ArrayList<ByteStream>();
    // all three are full of commands or have some: it waits for one of them to be free
    var waiting = later(() -> pool.openStream(target(), "cat /dev/zero", LIMIT));
    assertThat(waiting).isNotDone();
    Files.createFile(gate);
    for (var one : held) {
      one.get(20, TimeUnit.SECONDS);
    }
    streams.add(waiting.get(20, TimeUnit.SECONDS));
    streams.add(pool.openStream(target(), "cat /dev/zero", LIMIT));
    for (var stream : streams) {
      assertThat(stream.read(new byte[100], LIMIT)).isPositive();
    }
    assertThat(pool.stats().open()).isLessThanOrEqualTo(3);
    assertThat(pool.exec(target(), "echo beside").out()).isEqualTo("beside\n");
    streams.forEach(ByteStream::close);
    Eventually.that(() -> pool.stats().channels() == 0);
  }

  static long readInto(ByteStream stream, Path file) throws Exception {
    long length = 0;
    var bytes = new byte[50_000];
    try (var out = Files.newOutputStream(file)) {
      for (int read = stream.read(bytes, LIMIT); read >= 0; read = stream.read(bytes, LIMIT)) {
        out.write(bytes, 0, read);
        length += read;
      }
    }
    return length;
  }
}
