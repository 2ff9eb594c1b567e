package io.chom.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.live.LiveEvents;
import io.chom.testing.Browser;
import io.chom.testing.ChomTest;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

/** Event streams of the whole panel. */
@ChomTest
@Timeout(value = 240, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // a stream that does not end must not hold the rest
class LiveTests {
  private static final long PATIENCE_SECONDS = 40;
  private final int port;
  private final LiveEvents live;
  private final Tenants acme = Tenants.acme();

  LiveTests(@LocalServerPort int port, @Autowired LiveEvents live) {
    this.port = port;
    this.live = live;
  }

  @Test
  void beginsWithTheWholeState() throws Exception {
    var admin = Browser.of(acme.admin(), port);
    var site = createSite(admin);
    var heard = hear(admin, "site:" + id(site), text -> text.contains("site-operations-"));
    assertThat(heard).contains("event:site-state-" + id(site), "class=\"state tone-",
        "event:site-operations-" + id(site));
  }

  @Test
  void tellsOfWhatHappensLater() throws Exception {
    var admin = Browser.of(acme.admin(), port);
    acme.server();
    var listening = CompletableFuture.supplyAsync(() -> hear(admin, "sites,operations",
        text -> text.contains("event:sites\n") && text.contains("event:operations-running")));
    var maker = Browser.of(acme.admin(), port);
    // until it is heard: the listener may not have connected yet
    for (int i = 0; i < 20 && !listening.isDone(); i++) {
      maker.post("/sites", Map.of("domain", "later-" + UUID.randomUUID() + ".example", "type", "static"));
      try {
        listening.get(2, TimeUnit.SECONDS);
      } catch (java.util.concurrent.TimeoutException e) {
        continue;
      }
    }
    assertThat(listening.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).contains("event:sites", "event:operations-running");
  }

  @Test
  void tellsAnotherTenantNothing() {
    var site = createSite(Browser.of(acme.admin(), port));
    var heard = hear(Browser.of(Tenants.globex().owner(), port), "site:" + id(site), text -> false);
    assertThat(heard).doesNotContain("event:");
  }

  @Test
  void showsADeletedSiteGoAndEnds() {
    var admin = Browser.of(acme.admin(), port);
    var site = createSite(admin);
    hear(admin, "site:" + id(site), text -> text.contains("event:site-is-FAILED-"));
    RealServices.asAdministrator("update site set status = 'DELETED' where id = '" + id(site) + "'");
    var heard = hear(admin, "site:" + id(site), text -> false);
    assertThat(heard).contains("event:site-state-" + id(site), "Deleted", "event:closed");
    assertThat(hear(Browser.of(Tenants.globex().owner(), port), "site:" + id(site), text -> false))
        .doesNotContain("event:");
  }

  @Test
  void saysWhichStateASiteHasSoThatItsPageIsReadAgainWhenThatIsAnother() {
    var admin = Browser.of(acme.admin(), port);
    var site = createSite(admin);
    // its server is none, so nothing can come of it
    String failed = "site-is-FAILED-" + id(site);
    assertThat(hear(admin, "site:" + id(site), text -> text.contains("event:" + failed))).contains("event:" + failed);
    assertThat(admin.get(site).body()).contains("sse:site-is-PROVISIONING-" + id(site), "sse:site-is-ACTIVE-")
        .doesNotContain("sse:" + failed);
  }

  @Test
  void saysHowItStandsWithABackupToItsSitesPageAndThatTheListIsAnother() {
    var admin = Browser.of(acme.admin(), port);
    var site = createSite(admin);
    hear(admin, "site:" + id(site), text -> text.contains("event:site-is-FAILED-"));
    RealServices.asAdministrator("update site set status = 'ACTIVE' where id = '" + id(site) + "'");
    var listening = CompletableFuture
        .supplyAsync(() -> hear(admin, "backups", text -> text.contains("event:backups\n")));
    var maker = Browser.of(acme.admin(), port);
    for (int i = 0; i < 20 && !listening.isDone(); i++) {
      // until it is heard: the listener may not have connected yet
      maker.post(site + "/backups", Map.of("type", "full"));
      RealServices.asAdministrator("update site_backup set status = 'FAILED', failure = 'x' where site_id = '"
          + id(site) + "' and status = 'RUNNING'");
      try {
        listening.get(2, TimeUnit.SECONDS);
      } catch (java.util.concurrent.TimeoutException e) {
        continue;
      } catch (java.util.concurrent.ExecutionException | InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
    var heard = hear(admin, "site:" + id(site), text -> text.contains("event:backup-is-"));
    assertThat(heard).contains("event:backup-is-FAILED-");
    assertThat(admin.get(site).body()).contains("sse:backup-is-RUNNING-").doesNotContain("sse:backup-is-FAILED-");
    assertThat(listening).isCompletedWithValueMatching(text -> text.contains("event:backups"));
    assertThat(hear(Browser.of(Tenants.globex().owner(), port), "site:" + id(site), text -> false))
        .doesNotContain("event:");
  }

  @Test
  void showsTheHealthOfAServer() {
    var server = acme.sharedServer();
    var operator = Browser.of(Tenants.operator(), port);
    var heard = hear(operator, "server:" + server, text -> text.contains("event:server-is-"));
    assertThat(heard).contains("event:server-health-" + server, "Health", "event:server-is-READY-" + server);
    assertThat(operator.get("/servers/" + server).body()).contains("sse-swap=\"server-health-" + server + "\"",
        "sse:server-is-UNREACHABLE-" + server);
  }

  @Test
  void endsWhenThePanelStops() throws Exception {
    var admin = Browser.of(acme.admin(), port);
    var connected = new CountDownLatch(1);
    var listening = CompletableFuture.supplyAsync(() -> hear(admin, "operations", text -> {
      if (text.contains("event:operations-running")) {
        connected.countDown();
      }
      return false;
    }));
    assertThat(connected.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    live.stop();
    try {
      assertThat(listening).succeedsWithin(Duration.ofSeconds(PATIENCE_SECONDS));
      assertThat(admin.get("/live?topics=operations").status()).isEqualTo(200);
    } finally {
      live.start();
    }
  }

  @Test
  void endsWhenTheRightToLookIsWithdrawn() {
    var viewer = acme.viewer();
    var browser = Browser.of(viewer, port);
    var listening = CompletableFuture.supplyAsync(() -> hear(browser, "sites", text -> false));
    acme.expel(viewer);
    assertThat(listening.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)).succeedsWithin(Duration.ofSeconds(
        PATIENCE_SECONDS));
  }

  @Test
  void knowsOnlyTopicsThatExist() {
    var admin = Browser.of(acme.admin(), port);
    for (String topics : new String[]{"", "nonsense", "site:../x", "sites,servers", "operation:1"}) {
      assertThat(admin.get("/live?topics=" + topics).status()).as(topics).isIn(400, 404);
    }
    // known, but for operators: the stream ends before it says anything
    assertThat(admin.get("/live?topics=servers").body()).doesNotContain("event:");
  }

  private String createSite(Browser admin) {
    acme.server();
    return admin.post("/sites", Map.of("domain", "live-" + UUID.randomUUID() + ".example", "type", "static"))
        .location();
  }

  private static String id(String site) {
    return site.substring(site.length() - 36);
  }

  /** What a stream says until it says enough, or ends. */
  private String hear(Browser browser, String topics, Predicate<String> enough) {
    var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/live?topics=" + topics))
        .header("Cookie", browser.cookieHeader()).timeout(Duration.ofSeconds(PATIENCE_SECONDS)).build();
    try (var http = HttpClient.newHttpClient()) {
      var answer = http.send(request, BodyHandlers.ofInputStream());
      try (var stream = answer.body()) {
        return read(stream, enough);
      } finally {
        http.shutdownNow();
      }
    } catch (IOException e) {
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }

  private static String read(InputStream stream, Predicate<String> enough) {
    var heard = new StringBuilder();
    var buffer = new byte[8192];
    try {
      int length;
      while (!enough.test(heard.toString()) && (length = stream.read(buffer)) >= 0) {
        heard.append(new String(buffer, 0, length, StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      // it was cut off: what was heard until then counts
      return heard.toString();
    }
    return heard.toString();
  }
}
