package io.chom.servers;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.sites.CreateSite;
import io.chom.sites.DomainName;
import io.chom.sites.SiteId;
import io.chom.sites.SiteStatus;
import io.chom.sites.SiteType;
import io.chom.sites.SiteView;
import io.chom.sites.Sites;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

/** What Prometheus is told through the panel: two customers on one server, which says what it likes. */
class ScrapeTest extends FleetTest {
  private static final Pattern SERIES = Pattern.compile("^([a-z_A-Z0-9]+)(?:\\{(.*)})? (\\S+)$");

  private final HttpClient http = HttpClient.newHttpClient();
  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();
  @LocalServerPort
  int port;
  @Autowired
  Sites sites;
  private ServerId server;

  @Test
  void eachCustomerIsToldOfItsOwnSitesAndThePlatformOfTheMachine() throws Exception {
    var shop = site(acme);
    var blog = site(globex);
    log(shop, "200 1000 0.003\n".repeat(40) + "404 300 0.300\n".repeat(2));
    log(blog, "200 500 0.001\n".repeat(7) + "502 50 12.000\n");
    RealServices.asAdministrator("insert into certificate (tenant_id, site_id, status, serial, not_after) values ('"
        + acme.id() + "', '" + shop.id() + "', 'ACTIVE', '1', '2031-01-01T00:00:00Z')");

    var told = eventually(() -> body("sites", acme.id()), text -> text.contains("status=\"2xx\"} 40\n"));
    assertThat(told).contains(
        "chom_site_http_requests_total{domain=\"" + shop.domain() + "\",site_id=\"" + shop.id()
            + "\",status=\"4xx\"} 2\n",
        "chom_site_http_sent_bytes_total{domain=\"" + shop.domain() + "\",site_id=\"" + shop.id() + "\"} 40600\n",
        "chom_site_http_request_duration_seconds_bucket{domain=\"" + shop.domain() + "\",le=\"0.005\",site_id=\""
            + shop.id() + "\"} 40\n",
        "le=\"+Inf\",site_id=\"" + shop.id() + "\"} 42\n", "_sum{domain=\"" + shop.domain() + "\",site_id=\""
            + shop.id() + "\"} 0.720\n",
        "chom_site_certificate_expiry_timestamp_seconds{domain=\"" + shop.domain() + "\",site_id=\"" + shop.id()
            + "\"} 1924992000\n",
        "chom_scrape_truncated 0\n").doesNotContain(blog.domain(), blog.id().toString(), "node_");
    var theirs = body("sites", globex.id());
    assertThat(theirs).contains("status=\"5xx\"} 1\n", blog.id().toString()).doesNotContain(shop.domain(),
        shop.id().toString());
    var machine = eventually(() -> body("node", TenantId.PLATFORM), text -> text.contains("node_"));
    assertThat(machine).contains("# TYPE node_cpu_seconds_total counter\n", "node_memory_MemTotal_bytes ")
        .doesNotContain(shop.domain(), blog.domain(), "chom_site");
    for (var text : List.of(told, theirs, machine)) {
      acceptable(text);
    }
    assertThat(get("/metrics/scrape/node/" + server + "/" + acme.id()).statusCode()).as("a shared machine is nobody's")
        .isEqualTo(404);
    for (var nobodys : List.of("/metrics/scrape/sites/" + server + "/platform", "/metrics/scrape/sites/" + server + "/"
        + TenantId.NONE, "/metrics/scrape/sites/x/y", "/metrics/scrape/other/" + server + "/" + acme.id())) {
      assertThat(get(nobodys).statusCode()).as(nobodys).isEqualTo(404);
    }
  }

  @Test
  void targetsAreFoundWithThePanelsLabels() throws Exception {
    site(acme);
    site(globex);
    var targets = get("/metrics/targets").body();
    for (var tenant : List.of(acme, globex)) {
      assertThat(targets)
          .contains("{\"targets\":[\"127.0.0.1:" + port + "\"],\"labels\":{\"job\":\"sites\",\"instance\":\""
              + "web " + machine.host() + "\",\"server\":\"web " + machine.host() + "\",\"server_id\":\"" + server
              + "\",\"tenant_id\":\"" + tenant.id()
              + "\",\"__scheme__\":\"http\",\"__metrics_path__\":\"/metrics/scrape/sites/"
              + server + "/" + tenant.id() + "\"}}");
    }
    assertThat(targets).contains("/metrics/scrape/node/" + server + "/platform");
    assertThat(get("/metrics/targets/direct").body()).isEqualTo("[]");
  }

  @Test
  void aServerThatLiesHarmsNobody() throws Exception {
    var shop = site(acme);
    var blog = site(globex);
    lie("""
        {"sites":[{"user":"%s","requests":[0,9,0,0,0],"bytes":1,"milliseconds":1,"buckets":[9,0,0,0,0,0,0,0,0,0,0,0],
          "tenant_id":"%s","domain":"evil","site_id":"evil"},
          {"user":"%s","requests":[-1,"x",1e400],"bytes":[],"disk":-5,"php":{"a":1}},
          {"user":"s999999","requests":[0,9,0,0,0],"bytes":1,"milliseconds":1,"buckets":[9,0,0,0,0,0,0,0,0,0,0,0]}, 7, null],
         "node":["node_load1 1","node_load1 2","node_load1{tenant_id=\\"%s\\"} 3","node_load1{mode=\\"a\\",mode=\\"b\\"} 3",
          "node_load1{mode=\\"a} 3","node_load1 NaN","node_load1 1 1700000000","up 0","chom_site_up{tenant_id=\\"x\\"} 1",
          "node_cpu_seconds_total{cpu=\\"0\\",mode=\\"idle\\"} 5","node_cpu_seconds_total{mode=\\"idle\\",cpu=\\"0\\"} 6",
          "# TYPE node_load1 counter","node_evil 1"]}"""
        .formatted(shop.unixUser(), globex.id(), blog.unixUser(), globex.id()));
    var machine = eventually(() -> body("node", TenantId.PLATFORM), text -> text.contains("node_load1 1\n"));
    assertThat(machine).isEqualTo("""
        # TYPE node_load1 gauge
        node_load1 1
        # TYPE node_cpu_seconds_total counter
        node_cpu_seconds_total{cpu="0",mode="idle"} 5
        # TYPE chom_scrape_truncated gauge
        chom_scrape_truncated 0
        """);
    var told = eventually(() -> body("sites", acme.id()), text -> text.contains("chom_site_http"));
    assertThat(told).contains("status=\"2xx\"} 9\n").doesNotContain("evil", globex.id().toString(), "s999999");
    acceptable(told);
    assertThat(eventually(() -> body("sites", globex.id()), text -> text.contains("chom_scrape_truncated")))
        .contains("chom_scrape_truncated 0\n").doesNotContain("chom_site_http", "chom_site_disk", "chom_site_php");

    lie("{\"sites\":[],\"node\":[\"node_load1{device=\\\"$(head -c 100000 /dev/zero | tr '\\0' x)\\\"} 1\"$(for i in {1..3000}; do"
        + " printf ',\"node_load5{device=\\\"%d\\\"} 1\"' $i; done)]}");
    var cut = eventually(() -> body("node", TenantId.PLATFORM), text -> text.contains("node_load5"));
    assertThat(cut).contains("chom_scrape_truncated 1\n").doesNotContain("xxxx");
    assertThat(cut.lines().filter(line -> line.startsWith("node_load5{")).count()).isLessThan(2001);

    lie("{\"sites\":[\"$(head -c 12000000 /dev/zero | tr '\\0' x)\"],\"node\":[]}");
    var huge = eventually(() -> get("/metrics/scrape/node/" + server + "/platform"),
        answer -> answer.statusCode() != 200);
    assertThat(huge.statusCode()).isEqualTo(503);
  }

  @Test
  void askedByAllAtOnceAServerIsAskedOnceAndAnAwayOneIsDownForAllInTime() throws Exception {
    site(acme);
    site(globex);
    var counter = Files.createFile(home.resolve("asked"));
    Files.setPosixFilePermissions(counter, java.nio.file.attribute.PosixFilePermissions.fromString("rw-rw-rw-"));
    lie("{\"sites\":[],\"node\":[\"node_load1 7\"]$(echo x >>" + counter + ")}");
    assertThat(eventually(() -> body("node", TenantId.PLATFORM), text -> text.contains("node_load1 7\n")))
        .contains("node_load1 7\n");
    var before = Files.readAllLines(counter).size();
    var began = System.nanoTime();
    try (var everybody = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 30; i++) {
        var tenant = i % 2 == 0 ? acme.id() : globex.id();
        everybody.submit(() -> body("sites", tenant));
      }
    }
    // once in seven seconds, however many ask
    assertThat(Files.readAllLines(counter).size() - before)
        .isLessThanOrEqualTo(2 + (int) Duration.ofNanos(System.nanoTime() - began).dividedBy(Duration.ofSeconds(7)));

    machine.powerOff();
    var path = "/metrics/scrape/sites/" + server + "/" + acme.id();
    var away = eventually(() -> get(path), answer -> answer.statusCode() == 503, Duration.ofSeconds(60));
    assertThat(away.statusCode()).isEqualTo(503);
    assertThat(get("/metrics/scrape/sites/" + server + "/" + globex.id()).statusCode()).isEqualTo(503);
  }

  @Test
  void onlyTheTokenOpensTheDoorAndItOpensNoOther() throws Exception {
    server = new ServerId(acme.server());
    var targets = "http://127.0.0.1:" + port + "/metrics/targets";
    for (var header : List.of("", "Bearer ", "Bearer x", "Basic " + RealServices.SCRAPE_TOKEN,
        "Bearer " + RealServices.SCRAPE_TOKEN + "0", "Bearer " + RealServices.SCRAPE_TOKEN.substring(1))) {
      assertThat(send("GET", targets, header).statusCode()).as(header).isEqualTo(401);
    }
    var good = "Bearer " + RealServices.SCRAPE_TOKEN;
    var answer = send("GET", targets, good);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().allValues("set-cookie")).isEmpty();
    assertThat(send("POST", targets, good).statusCode()).isIn(401, 403, 405);
    for (var other : List.of("/api/v1/sites", "/api/v1/servers", "/actuator/prometheus", "/sites", "/metrics")) {
      assertThat(send("GET", "http://127.0.0.1:" + port + other, good).statusCode()).as(other).isIn(401, 302, 404);
    }
    var refused = eventually(() -> send("GET", targets, "Bearer wrong").statusCode(), status -> status == 429);
    assertThat(refused).isEqualTo(429);
    assertThat(send("GET", targets, good).statusCode()).as("who knows it is not held up by who guesses").isEqualTo(200);
  }

  private SiteView site(Tenants tenant) {
    if (server == null) {
      server = enrolled();
    }
    tenant.allocate(server.value(), TenantId.PLATFORM);
    var name = DomainName.parse("m" + Uuid7.next().toString().replace("-", "").substring(8) + ".example");
    SiteId site = in(tenant, () -> sites.create(new CreateSite(name, SiteType.STATIC, null, server, null), Actor.PANEL))
        .site();
    return eventually(() -> in(tenant, () -> sites.get(site)), seen -> seen.status() == SiteStatus.ACTIVE);
  }

  private static <T> T in(Tenants tenant, java.util.function.Supplier<T> work) {
    return TenantContext.callAs(tenant.id(), work::get);
  }

  /** As nginx writes it. */
  private void log(SiteView site, String lines) throws IOException {
    var logs = Files.createDirectories(home.resolve("var/log/chom").resolve(site.unixUser()));
    Files.writeString(logs.resolve("figures"), lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  /** From here on the agent answers this, in one line as every frame. */
  private void lie(String answer) throws IOException {
    try (var libraries = Files.find(home, 12, (path, _) -> path.endsWith("lib/figures.sh"))) {
      for (var library : libraries.toList()) {
        var lying = library.resolveSibling("zz-lie.sh");
        Files.deleteIfExists(lying);
        Files.writeString(lying,
            "cmd_monitor_scrape() { DATA=\"$(cat <<LIE\n"
                + answer.strip().replaceAll("\\n *", "").replace("\\\"", "\\\\\"")
                + "\nLIE\n)\"; }\n");
      }
    }
    machine.hangUp();
  }

  private void acceptable(String text) throws Exception {
    text.lines().filter(line -> !line.startsWith("#")).forEach(line -> assertThat(line).matches(SERIES));
    if (Files.isExecutable(Path.of("/usr/bin/promtool"))) {
      var check = new ProcessBuilder("promtool", "check", "metrics").redirectErrorStream(true).start();
      try (var in = check.getOutputStream()) {
        in.write(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
      }
      assertThat(new String(check.getInputStream().readAllBytes())).doesNotContain("error while linting");
    }
  }

  private String body(String job, TenantId tenant) {
    return get("/metrics/scrape/" + job + "/" + server + "/" + (tenant.equals(TenantId.PLATFORM) ? "platform" : tenant))
        .body();
  }

  private HttpResponse<String> get(String path) {
    return send("GET", "http://127.0.0.1:" + port + path, "Bearer " + RealServices.SCRAPE_TOKEN);
  }

  private HttpResponse<String> send(String method, String url, String authorization) {
    try {
      var request = HttpRequest.newBuilder(URI.create(url)).method(method, HttpRequest.BodyPublishers.noBody())
          .timeout(Duration.ofSeconds(30));
      // guesses are counted by address
      request.header("X-Forwarded-For", "203.0.113.77");
      if (!authorization.isEmpty()) {
        request.header("Authorization", authorization);
      }
      return http.send(request.build(), BodyHandlers.ofString());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
