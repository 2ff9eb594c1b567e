package io.chom.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the pool promises on any SSH server. */
abstract class SshContract {
  static final SshKeyPair KEY = SshKeys.generate("test");

  @TempDir
  Path dir;
  SshPool pool = TestPools.pool(Map.of());

  abstract SshTarget target();

  @AfterEach
  void closePool() {
    TestPools.close(pool);
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
}
