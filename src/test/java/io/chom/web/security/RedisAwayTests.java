package io.chom.web.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.ChomApplication;
import io.chom.ssh.Eventually;
import io.chom.testing.Browser;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import redis.embedded.RedisServer;

/** Two panels on one Redis, which is killed, frozen and started again. */
@ExtendWith(RealServices.class)
class RedisAwayTests {
  @TempDir
  private static Path data;
  private static int redisPort;
  private static RedisServer redis;
  private static ConfigurableApplicationContext one;
  private static ConfigurableApplicationContext two;

  @BeforeAll
  static void start() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      redisPort = socket.getLocalPort();
    }
    startRedis();
    one = panel();
    two = panel();
  }

  @AfterAll
  static void stop() throws IOException {
    one.close();
    two.close();
    redis.stop();
  }

  private static void startRedis() throws IOException {
    redis = RedisServer.builder().port(redisPort).setting("bind 127.0.0.1").setting("appendonly yes")
        .setting("appendfsync always").setting("dir " + data).build();
    redis.start();
  }

  private static ConfigurableApplicationContext panel() {
    return new SpringApplicationBuilder(ChomApplication.class).run("--server.port=0",
        "--spring.data.redis.url=redis://127.0.0.1:" + redisPort, "--chom.worker.enabled=false");
  }

  private static int port(ConfigurableApplicationContext panel) {
    return panel.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
  }

  private static Browser browser(ConfigurableApplicationContext panel) {
    return new Browser(port(panel)).with("Accept", "text/html");
  }

  private static Browser signedIn(Tenants.Person person, ConfigurableApplicationContext panel) {
    return Browser.of(person, port(panel)).with("Accept", "text/html");
  }

  private static boolean reachesRedis(ConfigurableApplicationContext panel) {
    return browser(panel).get("/login").status() == 200;
  }

  @BeforeEach
  void bothReachRedis() {
    Eventually.that(() -> reachesRedis(one) && reachesRedis(two));
  }

  @Test
  void aLoginWithoutRedisGetsAPageThatSaysWhenToTryAgain() throws Exception {
    redis.stop();
    try {
      var answer = browser(one).signIn(Tenants.acme().admin().email(), Tenants.PASSWORD);
      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.header("retry-after")).isNotEmpty();
      assertThat(answer.body()).contains("<h1>").doesNotContain("Exception").doesNotContain("at io.chom");
      assertThat(browser(one).get("/login").status()).isEqualTo(503);
    } finally {
      startRedis();
    }
  }

  @Test
  void peopleWhoAreSignedInGoOnAndWhatTheyChooseIsKeptWhenRedisIsBack() throws Exception {
    var north = Tenants.named("North", "pro");
    var south = Tenants.named("South", "pro");
    var person = north.admin();
    south.join(person, "VIEWER");
    var other = south.admin();
    var browser = signedIn(person, one);
    var neighbour = signedIn(other, one);
    assertThat(browser.get("/").body()).contains("tenant-name\">North<");
    assertThat(neighbour.get("/").body()).contains("tenant-name\">South<");
    redis.stop();
    try {
      assertThat(browser.get("/").body()).contains("tenant-name\">North<");
      assertThat(browser.post("/tenant", Map.of("tenant", south.id().toString())).status()).isEqualTo(302);
      assertThat(browser.get("/").body()).contains("tenant-name\">South<");
      assertThat(browser.get("/sites").status()).isEqualTo(200);
      assertThat(neighbour.get("/").body()).contains(other.email()).doesNotContain(person.email());
    } finally {
      startRedis();
    }
    Eventually.that(() -> reachesRedis(one));
    assertThat(browser.get("/").body()).contains("tenant-name\">South<");
    assertThat(onTheOtherNode(browser).body()).as("written through").contains("tenant-name\">South<");
  }

  @Test
  void aSessionThatEndedStaysEndedOnEveryNode() throws Exception {
    var person = Tenants.acme().admin();
    var early = signedIn(person, one);
    var late = signedIn(person, one);
    var stolenEarly = early.cookieHeader();
    var stolenLate = late.cookieHeader();
    assertThat(with(stolenEarly, two).get("/").status()).isEqualTo(200);
    assertThat(with(stolenLate, two).get("/").status()).isEqualTo(200);
    assertThat(early.post("/logout", Map.of()).status()).isEqualTo(302);
    redis.stop();
    try {
      assertThat(late.get("/").status()).isEqualTo(200);
      Eventually.that(() -> with(stolenEarly, two).get("/").status() == 302);
      assertThat(late.post("/logout", Map.of()).status()).isEqualTo(302);
      assertThat(with(stolenLate, one).get("/").status()).isNotEqualTo(200);
      Eventually.that(() -> with(stolenLate, two).get("/").status() == 302);
    } finally {
      startRedis();
    }
    Eventually.that(() -> reachesRedis(one) && reachesRedis(two));
    assertThat(with(stolenLate, one).get("/").status()).isEqualTo(302);
    assertThat(with(stolenLate, two).get("/").status()).isEqualTo(302);
  }

  @Test
  void aFrozenRedisHoldsNoPageUp() throws Exception {
    var browser = signedIn(Tenants.acme().admin(), one);
    assertThat(browser.get("/").status()).isEqualTo(200);
    var frozen = ProcessHandle.of(redisProcess()).orElseThrow();
    signal("STOP", frozen);
    try {
      assertThat(browser.get("/").status()).isEqualTo(200);
      assertThat(browser.get("/sites").status()).isEqualTo(200);
      var answer = browser(two).get("/login");
      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.header("retry-after")).isNotEmpty();
    } finally {
      signal("CONT", frozen);
    }
  }

  private static void signal(String name, ProcessHandle process) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor()).isZero();
  }

  private static long redisProcess() throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), redisPort)) {
      socket.getOutputStream().write("INFO server\r\n".getBytes(StandardCharsets.UTF_8));
      var lines = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("process_id:")) {
          return Long.parseLong(line.substring("process_id:".length()));
        }
      }
      throw new IOException("Redis did not say who it is");
    }
  }

  private static Browser with(String cookies, ConfigurableApplicationContext panel) {
    return browser(panel).with("Cookie", cookies);
  }

  private static Browser.Answer onTheOtherNode(Browser browser) {
    return with(browser.cookieHeader(), two).get("/");
  }
}
