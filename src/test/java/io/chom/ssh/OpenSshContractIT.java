package io.chom.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract on Debian's sshd, and what only a real one shows. */
@Tag("acceptance")
class OpenSshContractIT extends SshContract {
  @TempDir
  static Path home;
  static OpenSshServer server;

  @BeforeAll
  static void start() throws Exception {
    server = OpenSshServer.forAUser(home, KEY);
  }

  @BeforeEach
  void letTheUserWrite() throws Exception {
    Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxrwxrwx"));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Override
  SshTarget target() {
    return server.target(KEY);
  }

  @Test
  void twoThousandExecsAtFullLoadAreNeverRefusedASession() throws Exception {
    var refused = refused();
    var failures = new ConcurrentLinkedQueue<Throwable>();
    try (var callers = Executors.newFixedThreadPool(30)) {
      IntStream.range(0, 2000).forEach(i -> callers.submit(() -> {
        try {
          pool.exec(target(), "true");
        } catch (RuntimeException e) {
          failures.add(e);
        }
      }));
    }
    assertThat(failures).isEmpty();
    assertThat(refused()).isEqualTo(refused);
  }

  private static long refused() {
    return server.log().lines().filter(line -> line.contains("no more sessions")).count();
  }

  @Test
  void aKilledServerProcessIsNoticedAtOnceAndTheNextCommandLogsInAgain() {
    pool.exec(target(), "true");
    server.children().forEach(ProcessHandle::destroyForcibly);
    Eventually.that(() -> pool.stats().open() == 0);
    assertThat(pool.exec(target(), "echo back").out()).isEqualTo("back\n");
  }

  /** OpenSSH passes no signals on to root's commands nor to forced ones. */
  @Test
  void aCommandThatNoSignalReachesKeepsItsConnectionFromOthers() throws Exception {
    try (var roots = new OpenSshServer(Files.createDirectory(home.resolve("roots")), KEY)) {
      var pid = dir.resolve("pid");
      assertThatThrownBy(() -> pool.exec(roots.target(KEY), "echo $$ > " + pid + "; exec sleep 600", null,
          Duration.ofSeconds(2))).isInstanceOf(CommandTimedOut.class);
      Eventually.that(() -> pool.stats().open() == 0);
      assertThat(pool.exec(roots.target(KEY), "echo still here").out()).isEqualTo("still here\n");
      assertThat(pool.stats().logins()).isEqualTo(2);
      ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  @Test
  void aServerWithFewSessionsIsLearnt() throws Exception {
    var few = Files.createDirectory(home.resolve("few"));
    try (var stingy = new OpenSshServer(few, KEY, "MaxSessions 2");
        var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      var failures = new ConcurrentLinkedQueue<Throwable>();
      IntStream.range(0, 40).forEach(i -> callers.submit(() -> {
        try {
          pool.exec(stingy.target(KEY), "true");
        } catch (RuntimeException e) {
          failures.add(e);
        }
      }));
      callers.close();
      assertThat(failures).isEmpty();
    }
  }

  @Test
  void whatOpenSshGeneratesWeReadAndWhatWeGenerateItReads() throws Exception {
    var file = home.resolve("ours");
    Files.writeString(file, KEY.privateKey());
    Files.setPosixFilePermissions(file,
        PosixFilePermissions.fromString("rw-------"));
    assertThat(OpenSshServer.run("ssh-keygen", "-y", "-f", file.toString()).strip())
        .startsWith(KEY.publicKey().substring(0, 60));
    assertThat(TestPools.direct().scan("127.0.0.1", server.port(), Duration.ofSeconds(10)).fingerprint())
        .isEqualTo(target().hostKey());
  }

  /** A server exchanges keys anew every so often, in the middle of whatever is on its way. */
  @Test
  void aLongStreamOutlivesThatItsServerChangesKeys() throws Exception {
    try (var changing = new OpenSshServer(Files.createDirectory(home.resolve("changing")), KEY, "RekeyLimit 4M")) {
      try (var stream = pool.openStream(changing.target(KEY), "head -c 200000000 /dev/zero", LIMIT)) {
        assertThat(readInto(stream, Path.of("/dev/null"))).isEqualTo(200_000_000);
        assertThat(stream.exitCode()).isZero();
      }
    }
  }
}
