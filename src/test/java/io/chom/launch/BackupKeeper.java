package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A server beside the hosts, with a certificate that it made itself, that keeps backups. */
record BackupKeeper(Process process, String kind, String address, int port, Path home, List<String> command)
    implements
      AutoCloseable {
  static final String PASSWORD = "acceptance-%41-p@ss/word";
  private static final String LOGIN = "keeper";

  /** What rclone serves of restic's REST protocol. */
  static BackupKeeper rest(Path directory, String address, String... more) throws IOException, InterruptedException {
    var home = fresh(directory, address);
    int port = Ports.another();
    var command = new ArrayList<>(List.of("rclone", "serve", "restic", "--addr", address + ":" + port, "--user",
        LOGIN, "--pass", PASSWORD, "--cert", home.resolve("certificate.pem").toString(), "--key",
        home.resolve("key.pem").toString()));
    command.addAll(List.of(more));
    command.add(home.resolve("data").toString());
    return start("rest", address, port, home, command);
  }

  /** S3Proxy, which checks signatures, with a bucket in a directory. */
  static BackupKeeper s3(Path directory, String address) throws IOException, InterruptedException {
    var home = fresh(directory, address);
    int port = Ports.another();
    Files.createDirectory(home.resolve("data/backups"));
    ran("openssl", "pkcs12", "-export", "-in", home.resolve("certificate.pem").toString(), "-inkey",
        home.resolve("key.pem").toString(), "-out", home.resolve("server.p12").toString(), "-passout",
        "pass:changeit");
    Files.writeString(home.resolve("s3.properties"), """
        s3proxy.secure-endpoint=https://%s:%d
        s3proxy.keystore-path=%s
        s3proxy.keystore-password=changeit
        s3proxy.authorization=aws-v2-or-v4
        s3proxy.identity=%s
        s3proxy.credential=%s
        jclouds.provider=filesystem
        jclouds.filesystem.basedir=%s
        """.formatted(address, port, home.resolve("server.p12"), LOGIN, PASSWORD, home.resolve("data")));
    return start("s3", address, port, home,
        List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1", "-Xmx256m", "-cp", ran("src/test/rig/s3-server.sh").strip(),
            "org.gaul.s3proxy.Main", "--properties", home.resolve("s3.properties").toString()));
  }

  private static Path fresh(Path directory, String address) throws IOException, InterruptedException {
    var home = Files.createTempDirectory(directory, "keeper");
    Files.createDirectory(home.resolve("data"));
    ran("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
        "-subj", "/CN=backups", "-addext", "subjectAltName=IP:" + address, "-keyout",
        home.resolve("key.pem").toString(), "-out", home.resolve("certificate.pem").toString());
    return home;
  }

  private static String ran(String... command) throws IOException, InterruptedException {
    var process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(command[0]).isZero();
    return said;
  }

  private static BackupKeeper start(String kind, String address, int port, Path home, List<String> command)
      throws IOException {
    var process = new ProcessBuilder(command).redirectErrorStream(true)
        .redirectOutput(home.resolve("server.log").toFile()).start();
    var keeper = new BackupKeeper(process, kind, address, port, home, command);
    PanelProcess.await("the server to listen", keeper::listens);
    return keeper;
  }

  /** kill -9. */
  void dies() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** The same one at the same place, with all that it kept. */
  BackupKeeper again() throws IOException {
    return start(kind, address, port, home, command);
  }

  private boolean listens() {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(address, port), 1_000);
      return true;
    } catch (IOException e) {
      assertThat(process.isAlive()).isTrue();
      return false;
    }
  }

  Map<String, Object> wanted(String name) throws IOException {
    return new HashMap<>(Map.of("name", name, "kind", kind, "location",
        "https://" + address + ":" + port + "/backups/shop", "login", LOGIN, "password", PASSWORD, "authorities",
        Files.readString(home.resolve("certificate.pem"))));
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    process.waitFor();
  }
}
