package io.chom.ssh;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Debian's sshd on a loopback port of its own, with a configuration of its own. Needs root. */
public final class OpenSshServer implements AutoCloseable {
  private final Process process;
  private final int port;
  private final Path dir;
  private final String fingerprint;

  public OpenSshServer(Path dir, SshKeyPair allowed, String... settings) {
    this.dir = dir;
    try {
      Files.createDirectories(Path.of("/run/sshd"));
      port = freePort();
      run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", dir.resolve("host").toString());
      fingerprint = run("ssh-keygen", "-l", "-f", dir.resolve("host.pub").toString()).split(" ")[1];
      write("authorized_keys", allowed.publicKey() + "\n");
      write("key", allowed.privateKey());
      var lines = new ArrayList<>(List.of("Port " + port, "ListenAddress 127.0.0.1", "HostKey " + dir.resolve("host"),
          "AuthorizedKeysFile " + dir.resolve("authorized_keys"), "StrictModes no", "PidFile none", "UsePAM no",
          "PermitRootLogin prohibit-password", "PasswordAuthentication no", "MaxStartups 100", "PrintMotd no",
          // bash run by sshd reads ~/.bashrc, whose cost is not ours
          "SetEnv HOME=" + dir));
      lines.addAll(List.of(settings));
      Files.write(dir.resolve("sshd_config"), lines);
      process = new ProcessBuilder("/usr/sbin/sshd", "-D", "-e", "-f", dir.resolve("sshd_config").toString())
          .redirectErrorStream(true).redirectOutput(dir.resolve("log").toFile()).start();
      Eventually.that(this::listens);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private void write(String name, String text) throws IOException {
    var file = Files.writeString(dir.resolve(name), text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  private boolean listens() {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  static String run(String... command) throws IOException {
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var text = new String(process.getInputStream().readAllBytes());
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IllegalStateException(String.join(" ", command) + ": " + text);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return text;
  }

  public int port() {
    return port;
  }

  public Path privateKeyFile() {
    return dir.resolve("key");
  }

  public Path hostKeyFile() {
    return dir.resolve("host.pub");
  }

  public SshTarget target(SshKeyPair pair) {
    return target(pair, port);
  }

  public SshTarget target(SshKeyPair pair, int port) {
    return new SshTarget("127.0.0.1", port, System.getProperty("user.name"),
        new SshCredential.Key("test", pair.privateKey(), null), fingerprint, "ssh-ed25519");
  }

  /** The processes that serve the connections. */
  public List<ProcessHandle> children() {
    return process.descendants().toList();
  }

  public String log() {
    try {
      return Files.readString(dir.resolve("log"));
    } catch (IOException e) {
      return "";
    }
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
