package io.chom.web.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.ChomApplication;
import io.chom.accounts.Access;
import io.chom.accounts.Tokens;
import io.chom.live.LiveEvents;
import io.chom.queue.Bell;
import io.chom.queue.BellRinging;
import io.chom.ssh.Eventually;
import io.chom.testing.Browser;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import io.lettuce.core.RedisClient;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.transaction.support.TransactionTemplate;
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
    two = panel("--management.server.port=0");
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

  private static ConfigurableApplicationContext panel(String... more) {
    var settings = new ArrayList<>(List.of("--server.port=0", "--spring.data.redis.url=redis://127.0.0.1:" + redisPort,
        "--chom.worker.enabled=false"));
    settings.addAll(List.of(more));
    return new SpringApplicationBuilder(ChomApplication.class).run(settings.toArray(String[]::new));
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

  @Test
  void ofAllPagesOneWaitsForAFrozenRedis() throws Exception {
    var browser = signedIn(Tenants.acme().admin(), one);
    assertThat(browser.get("/").status()).isEqualTo(200);
    var frozen = ProcessHandle.of(redisProcess()).orElseThrow();
    signal("STOP", frozen);
    try {
      double before = askedInVain();
      for (var page : List.of("/", "/sites", "/operations", "/", "/sites", "/operations")) {
        assertThat(browser.get(page).status()).as(page).isEqualTo(200);
      }
      assertThat(askedInVain() - before).as("questions that waited").isEqualTo(1);
    } finally {
      signal("CONT", frozen);
    }
  }

  @Test
  void healthHasAPortOfItsOwnAndSaysWhatIsAway() throws Exception {
    var management = new Browser(two.getEnvironment().getRequiredProperty("local.management.port", Integer.class));
    assertThat(browser(two).get("/actuator/health").status()).as("where browsers come").isNotEqualTo(200);
    assertThat(management.get("/actuator/health").body()).contains("\"redis\":{\"status\":\"UP\"}");
    assertThat(management.get("/actuator/prometheus").status()).isEqualTo(401);
    redis.stop();
    try {
      var ready = management.get("/actuator/health/readiness");
      assertThat(ready.status()).isEqualTo(200);
      assertThat(ready.body()).contains("\"redis\":{\"status\":\"DOWN\"}", "\"db\":{\"status\":\"UP\"}")
          .doesNotContain("Exception");
      assertThat(management.get("/actuator/health").status()).isEqualTo(503);
      assertThat(management.get("/actuator/health/liveness").status()).isEqualTo(200);
    } finally {
      startRedis();
    }
    Eventually.that(() -> management.get("/actuator/health/readiness").body().contains(
        "\"redis\":{\"status\":\"UP\"}"));
  }

  private static double askedInVain() {
    return one.getBean(MeterRegistry.class).counter("chom.redis.asked.in.vain").count();
  }

  @Test
  void aRedisThatTakesNothingIsAway() {
    var browser = signedIn(Tenants.acme().admin(), one);
    assertThat(browser.get("/").status()).isEqualTo(200);
    try (var client = RedisClient.create("redis://127.0.0.1:" + redisPort); var connection = client.connect()) {
      // as it refuses when its memory is full; with a full disk it refuses the same commands
      connection.sync().configSet("maxmemory", "1");
      try {
        assertThat(browser.get("/").status()).isEqualTo(200);
        assertThat(browser.post("/preferences", Map.of("theme", "dark")).status()).isLessThan(400);
        assertThat(browser.get("/sites").status()).isEqualTo(200);
        Eventually.that(() -> one.getBean(Reachability.class).away());
        var login = browser(one).signIn(Tenants.acme().admin().email(), Tenants.PASSWORD);
        assertThat(login.status()).isEqualTo(503);
        assertThat(login.header("retry-after")).isNotEmpty();
        assertThat(browser(two).get("/login").status()).as("the first that finds out").isEqualTo(503);
        assertThat(apiCaller(Tenants.acme(), one).get("/api/v1/me").status()).isEqualTo(200);
      } finally {
        connection.sync().configSet("maxmemory", "0");
      }
    }
    Eventually.that(() -> reachesRedis(one) && reachesRedis(two));
    assertThat(onTheOtherNode(browser).status()).isEqualTo(200);
  }

  @Test
  void aRedisThatLostItsDataIsFilledAgainByItself() throws Exception {
    var acme = Tenants.acme();
    var browser = signedIn(acme.admin(), one);
    try (var client = RedisClient.create("redis://127.0.0.1:" + redisPort); var connection = client.connect()) {
      one.getBean(LiveEvents.class).changed(acme.id(), "sites");
      Eventually.that(() -> connection.sync().exists("chom:live") == 1);
      connection.sync().flushall();
    }
    assertThat(browser.get("/").status()).as("sessions are gone").isEqualTo(302);
    var again = signedIn(acme.admin(), one);
    assertThat(onTheOtherNode(again).status()).isEqualTo(200);
    try (var watching = two.getBean(LiveEvents.class).subscribe(acme.id(), Set.of("sites"))) {
      one.getBean(LiveEvents.class).changed(acme.id(), "sites");
      assertThat(watching.await(Duration.ofSeconds(30))).contains("sites");
    }
    assertThat(bell("flushed")).isEqualTo(BellRinging.Ring.RANG);
  }

  /** Rings and listens until it is heard: the first time, the group is made again. */
  private static BellRinging.Ring bell(String stream) {
    var heard = new AtomicReference<>(BellRinging.Ring.AWAY);
    Eventually.that(() -> {
      one.getBean(TransactionTemplate.class)
          .executeWithoutResult(_ -> one.getBean(Bell.class).ringAfterCommit(stream, "1"));
      heard.set(two.getBean(BellRinging.class).await(stream, "workers", "two", Duration.ofMillis(500)));
      return heard.get() == BellRinging.Ring.RANG;
    });
    return heard.get();
  }

  @Test
  void whatHappenedWhileRedisWasAwayIsSeenOnOtherNodes() throws Exception {
    var acme = Tenants.acme();
    redis.stop();
    try (var watching = two.getBean(LiveEvents.class).subscribe(acme.id(), Set.of("sites"))) {
      one.getBean(LiveEvents.class).changed(acme.id(), "sites");
      assertThat(watching.await(Duration.ofSeconds(30))).contains("sites");
    } finally {
      startRedis();
    }
  }

  @Test
  void attemptsAndCallsAreCountedOverBothNodesAndWithoutRedisOnEach() throws Exception {
    ApiRateTests.aSmallPlan();
    var acme = Tenants.named("Acme", "small");
    var caller = apiCaller(acme, one);
    var elsewhere = new Browser(port(two)).with("Authorization", caller.header("Authorization"));
    for (int i = 0; i < ApiRateTests.CALLS; i++) {
      assertThat((i % 2 == 0 ? caller : elsewhere).get("/api/v1/me").status()).isEqualTo(200);
    }
    assertThat(caller.get("/api/v1/me").status()).isEqualTo(429);
    assertThat(elsewhere.get("/api/v1/me").status()).isEqualTo(429);

    var person = acme.viewer();
    var guesser = signedIn(person, one);
    guess(guesser, person, 3);
    var moved = browser(two).with("Cookie", guesser.cookieHeader()).from("2001:db8::77");
    guess(moved, person, 2);
    assertThat(moved.signIn(person.email(), "wrong").status()).isEqualTo(429);
    assertThat(guesser.signIn(person.email(), "wrong").status()).isEqualTo(429);
    redis.stop();
    try {
      for (var node : List.of(caller, elsewhere)) {
        for (int i = 0; i < ApiRateTests.CALLS; i++) {
          assertThat(node.get("/api/v1/me").status()).isEqualTo(200);
        }
        assertThat(node.get("/api/v1/me").status()).isEqualTo(429);
      }
      for (var node : List.of(guesser, moved)) {
        guess(node, person, 5);
        assertThat(node.signIn(person.email(), "wrong").status()).isEqualTo(429);
      }
    } finally {
      startRedis();
    }
  }

  private static void guess(Browser browser, Tenants.Person person, int times) {
    for (int i = 0; i < times; i++) {
      assertThat(browser.signIn(person.email(), "wrong").location()).contains("error");
    }
  }

  private static Browser apiCaller(Tenants tenant, ConfigurableApplicationContext panel) {
    return ApiRateTests.caller(tenant, port(panel), panel.getBean(Tokens.class), panel.getBean(Access.class));
  }

  /** As a node leaves it behind whose clock is hours off. */
  @Test
  void noNodesClockEndsASession() {
    var browser = signedIn(Tenants.acme().admin(), one);
    var key = "chom:session:sessions:" + new String(Base64.getDecoder().decode(browser.cookie("chom-session")
        .orElseThrow().getValue()), StandardCharsets.UTF_8);
    try (var client = RedisClient.create("redis://127.0.0.1:" + redisPort); var connection = client.connect()) {
      for (long hours : new long[]{-5, 5}) {
        connection.sync().hset(key, "lastAccessedTime",
            "l:" + (System.currentTimeMillis() + Duration.ofHours(hours).toMillis()));
        assertThat(browser.get("/").status()).isEqualTo(200);
        assertThat(onTheOtherNode(browser).status()).isEqualTo(200);
        assertThat(connection.sync().pttl(key)).isBetween(1L, Duration.ofMinutes(120).toMillis());
      }
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
