package io.chom.ssh;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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
  private final String user;

  /** Root logs in, for whom OpenSSH passes no signals on: it has no second process that could. */
  public OpenSshServer(Path dir, SshKeyPair allowed, String... settings) {
    this(dir, allowed, List.of(), System.getProperty("user.name"), settings);
  }

  /** A user of this server alone logs in: sshd has a list of users of its own, the machine's stays as it is. */
  static OpenSshServer forAUser(Path dir, SshKeyPair allowed) throws IOException {
    var users = Files.copy(Path.of("/etc/passwd"), dir.resolve("passwd"));
    Files.writeString(users, "visitor:*:64321:65534::" + dir + ":/bin/bash\n", StandardOpenOption.APPEND);
    Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxr-xr-x"));
    return new OpenSshServer(dir, allowed, List.of("unshare", "--mount", "--propagation", "private", "sh", "-c",
        "mount --bind \"$0\" /etc/passwd && exec \"$@\"", users.toString()), "visitor");
  }

  private OpenSshServer(Path dir, SshKeyPair allowed, List<String> before, String user, String... settings) {
    this.dir = dir;
    this.user = user;
    try {
      Files.createDirectories(Path.of("/run/sshd"));
      port = freePort();
      run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", dir.resolve("host").toString());
      fingerprint = run("ssh-keygen", "-l", "-f", dir.resolve("host.pub").toString()).split(" ")[1];
      Files.writeString(dir.resolve("authorized_keys"), allowed.publicKey() + "\n");
      write("key", allowed.privateKey());
      var lines = new ArrayList<>(List.of("Port " + port, "ListenAddress 127.0.0.1", "HostKey " + dir.resolve("host"),
          "AuthorizedKeysFile " + dir.resolve("authorized_keys"), "StrictModes no", "PidFile none", "UsePAM no",
          "PermitRootLogin prohibit-password", "PasswordAuthentication no", "MaxStartups 100", "PrintMotd no",
          // bash run by sshd reads ~/.bashrc, whose cost is not ours
          "SetEnv HOME=" + dir));
      lines.addAll(List.of(settings));
      Files.write(dir.resolve("sshd_config"), lines);
      var command = new ArrayList<>(before);
      command.addAll(List.of("/usr/sbin/sshd", "-D", "-e", "-f", dir.resolve("sshd_config").toString()));
      process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(dir.resolve("log").toFile())
          .start();
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
    return new SshTarget("127.0.0.1", port, user,
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
