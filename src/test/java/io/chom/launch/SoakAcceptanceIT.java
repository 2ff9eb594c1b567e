package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.testing.Browser;
import io.chom.testing.Rig;
import io.chom.testing.RigHost;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Two panels and two hosts under a steady load of pages, event streams and operations, for
 * {@code -Dchom.soak.minutes=N}: nothing fails, and nothing grows that should not.
 */
@Tag("acceptance")
class SoakAcceptanceIT {
  private static final Duration LENGTH = Duration.ofMinutes(Long.getLong("chom.soak.minutes", 2));
  private static final Duration BETWEEN_SAMPLES = LENGTH.dividedBy(24);
  private static final List<String> TENANTS = List.of("00000000-0000-7000-8000-0000000000a1",
      "00000000-0000-7000-8000-0000000000a2");
  private static final Pattern USED = Pattern.compile("used (\\d+)K");

  @RegisterExtension
  static final Rig rig = Rig.of(2);
  @TempDir
  static Path directory;
  static ChaosWorld world;
  static List<RigHost> hosts;

  private final Set<String> promised = ConcurrentHashMap.newKeySet();
  private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
  private final AtomicInteger names = new AtomicInteger();
  private final AtomicInteger streams = new AtomicInteger();
  private volatile boolean over;

  @BeforeAll
  static void enrolTheHosts() throws Exception {
    hosts = List.of(rig.full(0), rig.full(1));
    world = new ChaosWorld(directory);
    for (var tenant : TENANTS) {
      world.tenant(tenant);
    }
    world.execute("update app_user set password_hash = (select password_hash from app_user where email ="
        + " 'ops@example.org') where password_hash = 'none'");
    world.enrol(hosts);
  }

  @AfterAll
  static void stop() throws Exception {
    world.close();
  }

  /** What one panel and what all share use at one moment. */
  private record Sample(long heap, long threads, long files, long database, long redis, long sessions, long rung,
      long announced) {}

  @Test
  void nothingFailsAndNothingGrows() throws Exception {
    var cookies = List.of(signIn(0), signIn(1));
    var threads = new ArrayList<Thread>();
    TENANTS.forEach(tenant -> hosts.forEach(host -> threads.add(Thread.ofVirtual().start(() -> change(tenant, host)))));
    for (int node = 0; node < ChaosWorld.PANELS; node++) {
      int port = world.port(node);
      var cookie = cookies.get(node);
      threads.add(Thread.ofVirtual().start(() -> watch(port, cookie)));
    }
    var loads = load(cookies);

    var samples = List.<List<Sample>>of(new ArrayList<>(), new ArrayList<>());
    var end = Instant.now().plus(LENGTH);
    while (Instant.now().isBefore(end)) {
      Pause.of(BETWEEN_SAMPLES);
      for (int node = 0; node < ChaosWorld.PANELS; node++) {
        samples.get(node).add(sample(node));
        System.out.printf("soak: node %d %s%n", node, samples.get(node).getLast());
      }
    }
    over = true;
    for (var thread : threads) {
      thread.join();
    }
    for (var load : loads) {
      report(load);
    }
    PanelProcess.await("everything to end",
        () -> world.number("select count(*) from operation where status in ('QUEUED', 'RUNNING', 'CANCELLING')") == 0);
    System.out.printf("soak: %d operations, %d event streams%n", promised.size(), streams.get());
    try (var connection = world.connect()) {
      wrong.addAll(new ChaosChecker(hosts).violations(connection, promised));
    }
    var failed = world.text("select coalesce(string_agg(type || ' ' || error_code || ' ' || error_message, '; '), '')"
        + " from operation where status <> 'SUCCEEDED'");
    if (!failed.isEmpty()) {
      wrong.add("operations failed: " + failed);
    }
    samples.forEach(this::flat);
    leftInRedis();
    for (int node = 0; node < ChaosWorld.PANELS; node++) {
      world.output(node).lines().filter(line -> line.matches("\\S+\\s+ERROR .*")).forEach(wrong::add);
    }
    assertThat(wrong).isEmpty();
  }

  private static String signIn(int node) {
    var browser = new Browser(world.port(node));
    var answer = browser.signIn(TENANTS.get(node) + "@example.org", "correct horse battery");
    assertThat(answer.location()).as("%s", answer).doesNotContain("login");
    assertThat(browser.get("/sites").status()).isEqualTo(200);
    return browser.cookieHeader();
  }

  /** One site after the other through its whole life, as one tenant on one host. */
  private void change(String tenant, RigHost host) {
    var kept = "";
    while (!over) {
      var n = names.incrementAndGet();
      var made = ask(null, "POST", "/sites", Map.of("tenantId", tenant, "domain", "soak" + n + ".example", "type",
          n % 2 == 0 ? "static" : "php", "serverId", world.server(host)));
      var site = made.path("id").asString();
      follow(tenant, made);
      follow(tenant, ask(tenant, "POST", "/sites/" + site + "/disable", null));
      follow(tenant, ask(tenant, "POST", "/sites/" + site + "/enable", null));
      // one stays for a round, so that the lists are never empty and a server never full
      if (!kept.isEmpty()) {
        follow(tenant, ask(tenant, "DELETE", "/sites/" + kept + "?purge=true", null));
      }
      kept = site;
    }
  }

  private JsonNode ask(@Nullable String tenant, String method, String path, @Nullable Map<String, ?> body) {
    var key = "soak-" + names.incrementAndGet();
    var answer = tenant == null
        ? world.ask(method, path, body, key)
        : world.ask(ChaosWorld.token(tenant), method, path, body, key);
    if (answer.status() != 202) {
      wrong.add(method + " " + path + ": " + answer);
    }
    return answer.body();
  }

  private void follow(String tenant, JsonNode accepted) {
    var operation = accepted.path("operation").path("id").asString();
    promised.add(operation);
    while (Set.of("QUEUED", "RUNNING").contains(
        world.ask(ChaosWorld.token(tenant), "GET", "/operations/" + operation, null, operation).body().path("status")
            .asString())) {
      Pause.of(Duration.ofMillis(500));
    }
  }

  /** Tabs that open, hear the first state and close again. */
  private void watch(int port, String cookie) {
    try (var http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      while (!over) {
        var tab = http.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port
            + "/live?topics=sites&topics=operations")).header("Cookie", cookie).build(), BodyHandlers.ofInputStream());
        try (var body = tab.body()) {
          if (tab.statusCode() != 200 || body.read() < 0) {
            wrong.add("an event stream answered " + tab.statusCode());
          }
          streams.incrementAndGet();
          Pause.of(Duration.ofMillis(500));
        }
      }
    } catch (IOException e) {
      wrong.add("an event stream broke: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static List<Process> load(List<String> cookies) throws IOException {
    var script = Files.writeString(directory.resolve("pages.lua"), """
        local pages = {"/", "/sites", "/operations", "/sites?search=soak"}
        local n = 0
        function request() n = n + 1; return wrk.format("GET", pages[n % #pages + 1]) end
        function delay() return 60 end
        """);
    var loads = new ArrayList<Process>();
    for (int node = 0; node < ChaosWorld.PANELS; node++) {
      loads
          .add(new ProcessBuilder("wrk", "-t1", "-c4", "-d" + LENGTH.toSeconds() + "s", "--timeout", "10s", "--latency",
              "-s", script.toString(), "-H", "Cookie: " + cookies.get(node), "http://127.0.0.1:" + world.port(node))
              .redirectErrorStream(true).start());
    }
    return loads;
  }

  private void report(Process load) throws Exception {
    var said = load.inputReader().lines().toList();
    load.waitFor();
    said.forEach(line -> System.out.println("soak: " + line));
    said.stream().filter(line -> line.contains("Non-2xx") || line.contains("Socket errors")).forEach(wrong::add);
  }

  private static Sample sample(int node) throws Exception {
    long pid = world.pid(node);
    jcmd(pid, "GC.run");
    long heap = jcmd(pid, "GC.heap_info").lines().filter(line -> line.contains(" total ")).map(USED::matcher)
        .filter(Matcher::find).mapToLong(used -> Long.parseLong(used.group(1))).sum();
    long threads = Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
        .filter(line -> line.startsWith("Threads:")).mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .sum();
    long files;
    try (Stream<Path> all = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      files = all.count();
    }
    long sessions = hosts.stream()
        .mapToLong(host -> Long.parseLong(host.sh("pgrep -c -f '^sshd: chom' || true").strip())).sum();
    return new Sample(heap / 1024, threads, files, world.number("select count(*) from pg_stat_activity"),
        world.redis("CLIENT", "LIST").lines().count(), sessions,
        Long.parseLong(world.redis("XLEN", "chom:operations").strip()),
        Long.parseLong(world.redis("XLEN", "chom:live").strip()));
  }

  private static String jcmd(long pid, String command) throws IOException {
    var process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(), "" + pid,
        command).redirectErrorStream(true).start();
    return new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
  }

  /** The last third of the time needs no more than the third before it. */
  private void flat(List<Sample> samples) {
    int third = samples.size() / 3;
    var middle = samples.subList(third, 2 * third);
    var last = samples.subList(2 * third, samples.size());
    var figures = new LinkedHashMap<String, ToLongFunction<Sample>>();
    figures.put("MB of heap", Sample::heap);
    figures.put("threads", Sample::threads);
    figures.put("open files", Sample::files);
    figures.put("connections of the database", Sample::database);
    figures.put("connections of Redis", Sample::redis);
    figures.put("SSH sessions", Sample::sessions);
    figures.put("bells", Sample::rung);
    figures.forEach((name, figure) -> {
      long before = median(middle, figure);
      long after = median(last, figure);
      System.out.printf("soak: %s: %d, then %d%n", name, before, after);
      if (after > before * 1.1 + 8) {
        wrong.add(name + " grow from " + before + " to " + after);
      }
    });
  }

  private static long median(List<Sample> samples, ToLongFunction<Sample> figure) {
    var all = samples.stream().mapToLong(figure).sorted().toArray();
    return all[all.length / 2];
  }

  private void leftInRedis() throws Exception {
    var group = world.redis("XINFO", "GROUPS", "chom:operations").lines().map(String::strip).toList();
    System.out.println("soak: " + group);
    long consumers = Long.parseLong(group.get(group.indexOf("consumers") + 1));
    long pending = Long.parseLong(group.get(group.indexOf("pending") + 1));
    if (consumers > ChaosWorld.PANELS || pending > 0) {
      wrong.add("left in Redis: " + consumers + " consumers, " + pending + " bells nobody answered");
    }
    var length = world.redis("XLEN", "chom:operations").strip();
    if (!length.equals("0")) {
      wrong.add("left in Redis: " + length + " bells");
    }
  }
}
