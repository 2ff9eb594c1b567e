package io.chom.launch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.hierynomus.sshj.userauth.keyprovider.OpenSSHKeyV1KeyFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringReader;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.concurrent.TimeUnit;
import net.schmizz.sshj.SSHClient;
import net.schmizz.sshj.common.IOUtils;
import net.schmizz.sshj.userauth.UserAuthException;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.config.keys.writer.openssh.OpenSSHKeyPairResourceWriter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo server's SSH side, spoken to by an SSH client. */
class DemoServerTests {
  @TempDir
  private Path data;
  private DemoServer demo;

  @BeforeEach
  void start() throws IOException {
    demo = server();
    assumeThat(demo.notice()).isEmpty();
  }

  private DemoServer server() throws IOException {
    var server = new DemoServer(new DemoProperties(true, Ports.another(), data.toRealPath()));
    server.start();
    return server;
  }

  @AfterEach
  void stop() {
    demo.stop();
  }

  private record Answer(String out, String err, int exit) {}

  private static Answer run(SSHClient client, String line, String input) throws IOException {
    try (var session = client.startSession(); var command = session.exec(line)) {
      command.getOutputStream().write(input.getBytes(UTF_8));
      command.getOutputStream().close();
      String out = IOUtils.readFully(command.getInputStream()).toString(UTF_8);
      String err = IOUtils.readFully(command.getErrorStream()).toString(UTF_8);
      command.join(20, TimeUnit.SECONDS);
      return new Answer(out, err, command.getExitStatus());
    }
  }

  private SSHClient client() throws IOException {
    var client = new SSHClient();
    client.addHostKeyVerifier(demo.ssh().orElseThrow().fingerprint());
    client.connect("127.0.0.1", demo.ssh().orElseThrow().port());
    return client;
  }

  private SSHClient enrolling() throws IOException {
    var client = client();
    client.authPassword(DemoServer.USER, demo.issuePassword());
    return client;
  }

  @Test
  void runsAnyCommandForTheEnrolmentLogin() throws Exception {
    try (var client = enrolling()) {
      assertThat(run(client, "cat; echo two >&2; exit 3", "one")).isEqualTo(new Answer("one", "two\n", 3));
    }
  }

  @Test
  void takesTheEnrolmentPasswordOnce() throws Exception {
    String password = demo.issuePassword();
    try (var client = client()) {
      client.authPassword(DemoServer.USER, password);
    }
    try (var client = client()) {
      assertThatThrownBy(() -> client.authPassword(DemoServer.USER, password)).isInstanceOf(UserAuthException.class);
    }
  }

  @Test
  void showsItsProgramsNothingOfThePanel() throws Exception {
    try (var client = enrolling()) {
      assertThat(run(client, "id -u; env", "").out()).doesNotStartWith("0\n").doesNotContain("CHOM_MASTER_KEY",
          "MAVEN");
      assertThat(run(client, "cat " + data.toRealPath().resolve("demo-server/host_key"), "").exit())
          .satisfies(exit -> assumeThat(Child.root()).isTrue()).isNotZero();
    }
  }

  @Test
  void letsAKeyRunItsForcedCommandAndNothingElse() throws Exception {
    KeyPair key = KeyUtils.generateKeyPair("ssh-ed25519", 256);
    try (var client = enrolling()) {
      String line = "restrict,command=\"/usr/bin/env VPSMANAGER_ROOT=/x sh -c 'echo forced $SSH_ORIGINAL_COMMAND'\" "
          + PublicKeyEntry.toString(key.getPublic()) + " chom-panel:1";
      assertThat(run(client, "mkdir -p ~/.ssh && cat >~/.ssh/authorized_keys", line + "\n").exit()).isZero();
    }
    try (var client = client()) {
      client.authPublickey("nobody", keyFile(key));
      assertThat(run(client, "gateway", "").out()).isEqualTo("forced gateway\n");
      assertThat(run(client, "id", "").out()).isEqualTo("forced id\n");
      try (var session = client.startSession()) {
        assertThatThrownBy(session::startShell).isInstanceOf(IOException.class);
      }
    }
  }

  @Test
  void refusesAKeyWithoutAForcedCommand() throws Exception {
    KeyPair key = KeyUtils.generateKeyPair("ssh-ed25519", 256);
    try (var client = enrolling()) {
      run(client, "mkdir -p ~/.ssh && cat >~/.ssh/authorized_keys", PublicKeyEntry.toString(key.getPublic()) + "\n");
    }
    try (var client = client()) {
      assertThatThrownBy(() -> client.authPublickey("demo", keyFile(key))).isInstanceOf(UserAuthException.class);
    }
  }

  @Test
  void keepsItsPortAndItsKey() throws Exception {
    int port = demo.ssh().orElseThrow().port();
    String fingerprint = demo.ssh().orElseThrow().fingerprint();
    demo.stop();
    demo = server();
    assertThat(demo.ssh().orElseThrow().port()).isEqualTo(port);
    assertThat(demo.ssh().orElseThrow().fingerprint()).isEqualTo(fingerprint).startsWith("SHA256:");
  }

  @Test
  void endsWhatStillRunsWhenItStops() throws Exception {
    try (var client = enrolling()) {
      String pid = run(client, "setsid sleep 600 >/dev/null 2>&1 & echo $!", "").out().strip();
      assertThat(ProcessHandle.of(Long.parseLong(pid))).isPresent();
      demo.stop();
      PanelProcess.await("the process to end",
          () -> ProcessHandle.of(Long.parseLong(pid)).filter(ProcessHandle::isAlive).isEmpty());
    }
  }

  @Test
  void showsStaticSitesWhereNoWebServerIs() throws Exception {
    Path root = data.toRealPath().resolve("demo-server/root");
    Path home = root.resolve("srv/chom/sites/s200001");
    Files.createDirectories(home.resolve("releases/first/public"));
    Files.createSymbolicLink(home.resolve("current"), Path.of("releases/first"));
    Files.writeString(home.resolve("releases/first/public/index.html"), "<h1>hello</h1>");
    Files.writeString(home.resolve("secret"), "no");
    Files.createSymbolicLink(home.resolve("releases/first/public/leak"), Path.of("../../../secret"));
    Files.createDirectories(root.resolve("var/lib/vpsmanager/sites"));
    Files.writeString(root.resolve("var/lib/vpsmanager/sites/s200001.json"),
        "{\"user\":\"s200001\",\"domain\":\"shop.example\",\"type\":\"static\"}");
    Files.writeString(root.resolve("var/lib/vpsmanager/sites/s200002.json"),
        "{\"user\":\"s200002\",\"domain\":\"php.example\",\"type\":\"php\"}");
    try (var sites = DemoSites.start(new DemoHost(root, 0), 0)) {
      assertThat(get(sites.port(), "shop.example.localhost", "/")).isEqualTo("200 <h1>hello</h1>");
      assertThat(get(sites.port(), "shop.example", "/leak")).startsWith("404");
      assertThat(get(sites.port(), "shop.example", "/../../../secret")).startsWith("404");
      assertThat(get(sites.port(), "other.example", "/")).startsWith("404");
      assertThat(get(sites.port(), "php.example", "/")).startsWith("503").contains("php-fpm");
    }
  }

  // by hand: java.net.http does not let a caller choose the Host header
  private static String get(int port, String host, String path) throws IOException {
    try (var socket = new Socket(Ports.loopback(), port)) {
      socket.getOutputStream()
          .write(("GET " + path + " HTTP/1.0\r\nHost: " + host + ":" + port + "\r\n\r\n").getBytes(UTF_8));
      String answer = new String(socket.getInputStream().readAllBytes(), UTF_8);
      return answer.split(" ", 3)[1] + " " + answer.substring(answer.indexOf("\r\n\r\n") + 4);
    }
  }

  private static OpenSSHKeyV1KeyFile keyFile(KeyPair key) throws Exception {
    var written = new ByteArrayOutputStream();
    OpenSSHKeyPairResourceWriter.INSTANCE.writePrivateKey(key, "", null, written);
    var file = new OpenSSHKeyV1KeyFile();
    file.init(new StringReader(written.toString(UTF_8)));
    return file;
  }
}
