package io.chom.testing;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A real Debian host of a {@link Rig}, and all that can be done to it. */
public final class RigHost {

  /** A way to log in by ssh, by the password as well as by the key. */
  public record Login(String user, String password, Path privateKey) {}

  /** What its web server answered. */
  public record Page(int status, String body) {}

  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final JsonMapper JSON = JsonMapper.shared();

  private final String rig;
  private final String name;
  private final String address;
  private final Login login;
  private final Login loginWithSudoPassword;

  RigHost(String rig, JsonNode told) {
    this.rig = rig;
    this.name = told.path("name").asString();
    this.address = told.path("address").asString();
    var key = Path.of(told.path("login").path("private_key").asString());
    this.login = login(told.path("login"), key);
    this.loginWithSudoPassword = login(told.path("sudo_with_password"), key);
  }

  private static Login login(JsonNode told, Path key) {
    return new Login(told.path("user").asString(), told.path("password").asString(), key);
  }

  public String name() {
    return name;
  }

  public String address() {
    return address;
  }

  public int port() {
    return 22;
  }

  /** The user cloud images have: may do anything by sudo, without a password. */
  public Login login() {
    return login;
  }

  /** A user whose sudo asks for the password. */
  public Login loginWithSudoPassword() {
    return loginWithSudoPassword;
  }

  /** What the host shows now, as OpenSSH writes it: {@code SHA256:…}. */
  public String hostKeyFingerprint() {
    return status().path("host_key").asString();
  }

  /** How often it was started. */
  public int boots() {
    return status().path("boots").asInt();
  }

  private JsonNode status() {
    return RigCommand.rig(rig, LIMIT, "status").text().lines().map(JSON::readTree)
        .filter(host -> host.path("name").asString().equals(name)).findFirst().orElseThrow();
  }

  /** Runs a command as root in the host, without ssh. */
  public Ran exec(String... command) {
    return RigCommand.rig(rig, LIMIT, arguments("exec", command));
  }

  /** Runs a script as root in the host and answers its output; a failed script fails the test. */
  public String sh(String script) {
    return shWithInput(new ByteArrayInputStream(script.getBytes(StandardCharsets.UTF_8)), "bash", "-euo", "pipefail",
        "-s")
        .text();
  }

  /** Runs a command as root in the host, with this as its standard input. */
  public Ran shWithInput(InputStream input, String... command) {
    var line = new ArrayList<>(List.of("src/test/rig/rig", "--name", rig));
    line.addAll(List.of(arguments("exec", command)));
    return RigCommand.run(line, input, LIMIT);
  }

  /** Logs in as {@link #login()} by OpenSSH's own client. */
  public Ran ssh(String... command) {
    return RigCommand.rig(rig, LIMIT, arguments("ssh", command));
  }

  /** One request to its web server for a domain, on a connection of its own, without a second try. */
  public Page get(String domain, String path) {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(address, 80), 10_000);
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write("GET %s HTTP/1.0\r\nHost: %s\r\n\r\n".formatted(path, domain)
          .getBytes(StandardCharsets.UTF_8));
      var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      var status = Integer.parseInt(answer.split(" ", 3)[1]);
      return new Page(status, answer.substring(answer.indexOf("\r\n\r\n") + 4));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes a fault; {@code src/test/rig/rig help} lists them. */
  public void fault(String... fault) {
    RigCommand.rig(rig, LIMIT, arguments("fault", fault)).text();
  }

  public void freeze() {
    fault("freeze");
  }

  public void thaw() {
    fault("thaw");
  }

  public void linkDown() {
    fault("linkdown");
  }

  public void linkUp() {
    fault("linkup");
  }

  public void powerCut() {
    fault("powercut");
  }

  public void powerOn() {
    fault("poweron");
  }

  /** Starts it again and waits for a login. */
  public void reboot() {
    fault("reboot");
    awaitLogin();
  }

  public void stopSsh() {
    fault("stopssh");
  }

  public void startSsh() {
    fault("startssh");
  }

  public void newHostKey() {
    fault("newhostkey");
  }

  /** Takes every fault back and waits for a login. */
  public void heal() {
    fault("heal");
  }

  public void awaitLogin() {
    RigCommand.rig(rig, LIMIT, "wait", name).text();
  }

  private String[] arguments(String verb, String... rest) {
    return Stream.concat(Stream.of(verb, name), Stream.of(rest)).toArray(String[]::new);
  }

  @Override
  public String toString() {
    return name + " (" + address + ")";
  }
}
