package io.chom.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.accounts.Access;
import io.chom.accounts.Tokens;
import io.chom.api.ApiClient.Answer;
import io.chom.testing.Browser;
import io.chom.testing.HookServer;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;

/** Channels as programs and browsers without script use them; two customers, each role, and no mail server. */
@ExtendWith(RealServices.class)
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, properties = {"chom.worker.enabled=false",
    "chom.outbound.allow=127.0.0.1/32"})
class NotificationChannelsApiTests {
  private static final String PATH = "/api/v1/notification-channels";

  private final int port;
  private final Access access;
  private final Tokens tokens;
  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();
  private final Tenants.Person owner = acme.owner();
  private final Tenants.Person viewer = acme.viewer();
  private final ApiClient asOwner;
  private final ApiClient asViewer;
  private final ApiClient asGlobex;
  private final HookServer hook = HookServer.on("127.0.0.1");

  NotificationChannelsApiTests(@LocalServerPort int port, @Autowired Access access, @Autowired Tokens tokens) {
    this.port = port;
    this.access = access;
    this.tokens = tokens;
    asOwner = ApiClient.of(port, acme, owner, access, tokens);
    asViewer = ApiClient.of(port, acme, viewer, access, tokens);
    asGlobex = ApiClient.of(port, globex, globex.owner(), access, tokens);
  }

  @AfterEach
  void close() {
    hook.close();
  }

  private String webhook(String more) {
    return "{\"kind\":\"webhook\",\"name\":\"On call\",\"target\":\"" + hook.url("/in?key=s3cret") + "\"" + more + "}";
  }

  private static void refused(Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    assertThat(answer.text("/code")).isEqualTo(code);
    assertThat(answer.text("/detail")).hasSizeGreaterThan(10).doesNotContain("Exception", "io.chom");
  }

  @Test
  void everybodyHasTheAddressTheySignInWithFromTheBeginning() {
    var own = asOwner.get(PATH).json().at("/items/0");
    assertThat(own.path("target").asString()).isEqualTo(owner.email());
    assertThat(own.path("signInAddress").asBoolean()).isTrue();
    assertThat(own.path("configured").asBoolean()).as("no mail server here").isFalse();
    assertThat(own.path("atOnce").valueStream().map(one -> one.asString())).containsExactly("backup.failed",
        "backup.missed", "backup.broken", "operation.failed");
    assertThat(asViewer.get(PATH).json().at("/items/0/atOnce")).isEmpty();
    var path = PATH + "/" + own.path("id").asString();
    refused(asOwner.send("DELETE", path, ""), 409, "OWN_ADDRESS_STAYS");
    refused(asOwner.send("PUT", path, "{\"target\":\"other@acme.example\"}"), 409, "OWN_ADDRESS_STAYS");
    var changed = asOwner.send("PUT", path,
        "{\"daily\":[\"backup.failed\"],\"zone\":\"Europe/Berlin\",\"hour\":7,\"language\":\"de\"}");
    assertThat(changed.status()).as(changed.body()).isEqualTo(200);
    assertThat(changed.json().path("atOnce")).isEmpty();
    assertThat(changed.text("/nextDigestAt")).isNotEmpty();
    assertThat(asOwner.get(path).json()).isEqualTo(changed.json());
    assertThat(asOwner.post(path + "/test", "").text("/error")).isEqualTo("MAIL_NOT_CONFIGURED");
    refused(asViewer.get(path), 404, "CHANNEL_NOT_FOUND");
  }

  @Test
  void aWebhookShowsItsSecretOnceAndItsAddressNever() throws SQLException {
    var made = asOwner.post(PATH, webhook(",\"shared\":true,\"atOnce\":[\"backup.failed\"]"));
    assertThat(made.status()).as(made.body()).isEqualTo(201);
    assertThat(made.text("/secret")).startsWith("whsec_");
    assertThat(made.body()).doesNotContain("s3cret");
    var path = made.header("location");
    assertThat(asOwner.get(path).body()).doesNotContain("whsec_", "s3cret").contains("127.0.0.1");
    try (var connection = RealServices.asAdministrator();
        var rows = connection.createStatement()
            .executeQuery("select c::text || coalesce((select string_agg(a::text, '') from audit_event a where"
                + " a.tenant_id = c.tenant_id), '') from notification_channel c where id = '" + made.text("/id")
                + "'")) {
      rows.next();
      assertThat(rows.getString(1)).contains("notification.channel.create").doesNotContain("s3cret",
          made.text("/secret"));
    }
    var test = asOwner.post(path + "/test", "");
    assertThat(test.text("/status")).as(test.body()).isEqualTo("SENT");
    assertThat(hook.calls()).singleElement().satisfies(call -> {
      assertThat(call.path()).isEqualTo("/in?key=s3cret");
      assertThat(call.headers()).containsKeys("webhook-id", "webhook-timestamp", "webhook-signature");
    });
    refused(asOwner.post(path + "/test", ""), 409, "TESTED_JUST_NOW");
    assertThat(asOwner.get(path + "/deliveries").json().at("/items/0/kind").asString()).isEqualTo("TEST");
    assertThat(asOwner.send("DELETE", path, "").status()).isEqualTo(204);
    refused(asOwner.get(path), 404, "CHANNEL_NOT_FOUND");
  }

  @Test
  void nobodySeesOrTouchesSomebodyElsesChannels() {
    var shared = asOwner.post(PATH, webhook(",\"shared\":true")).text("/id");
    var own = asViewer.post(PATH, webhook("")).text("/id");
    for (var one : List.of(Map.entry(asGlobex, shared), Map.entry(asGlobex, own), Map.entry(asViewer, shared),
        Map.entry(asOwner, own))) {
      var path = PATH + "/" + one.getValue();
      refused(one.getKey().get(path), 404, "CHANNEL_NOT_FOUND");
      refused(one.getKey().get(path + "/deliveries"), 404, "CHANNEL_NOT_FOUND");
      refused(one.getKey().send("PUT", path, "{\"name\":\"mine\"}"), 404, "CHANNEL_NOT_FOUND");
      refused(one.getKey().post(path + "/test", ""), 404, "CHANNEL_NOT_FOUND");
      refused(one.getKey().send("DELETE", path, ""), 404, "CHANNEL_NOT_FOUND");
    }
    assertThat(asGlobex.get(PATH).body()).doesNotContain(shared, own);
    assertThat(asViewer.get(PATH).body()).contains(own).doesNotContain(shared);
    refused(asViewer.post(PATH, webhook(",\"shared\":true")), 403, "FORBIDDEN");
    var reading = ApiClient.of(port, acme, owner, access, tokens, Set.of("notifications:read"));
    assertThat(reading.get(PATH).status()).isEqualTo(200);
    assertThat(reading.post(PATH, webhook("")).status()).isEqualTo(403);
    assertThat(hook.calls()).isEmpty();
  }

  @Test
  void whatCannotBeIsRefusedWithTheFieldThatIsAtFault() {
    refused(asOwner.post(PATH, webhook("").replace("webhook", "pigeon")), 422, "KIND_UNKNOWN");
    refused(asOwner.post(PATH, webhook("").replace("On call", "On\\ncall")), 422, "NAME_INVALID");
    refused(asOwner.post(PATH, webhook(",\"zone\":\"Mars\"")), 422, "TIME_ZONE_UNKNOWN");
    refused(asOwner.post(PATH, webhook(",\"hour\":24")), 422, "HOUR_INVALID");
    refused(asOwner.post(PATH, webhook(",\"language\":\"xx\"")), 422, "LANGUAGE_UNKNOWN");
    refused(asOwner.post(PATH, webhook(",\"daily\":[\"world.ended\"]")), 422, "EVENT_UNKNOWN");
    refused(asOwner.post(PATH, webhook("").replace("127.0.0.1", "127.0.0.2")), 422, "HOST_NOT_PUBLIC");
    refused(asOwner.post(PATH, webhook("").replace("webhook", "email")), 422, "ADDRESS_INVALID");
    refused(asOwner.post(PATH, webhook(",\"colour\":1")), 400, "UNKNOWN_FIELD");
    assertThat(asOwner.get(PATH).json().path("items")).hasSize(1);
  }

  @Test
  void thereAreNeverMoreThanTheBoundAlsoWhenManyAreMadeAtOnce() throws Exception {
    try (var pool = Executors.newFixedThreadPool(4)) {
      var all = pool.invokeAll(IntStream.range(0, 14).<Callable<Integer>>mapToObj(
          n -> () -> asViewer.post(PATH, webhook("").replace("On call", "C" + n)).status()).toList());
      var counts = new HashMap<Integer, Integer>();
      for (var one : all) {
        counts.merge(one.get(), 1, Integer::sum);
      }
      assertThat(counts).containsExactlyInAnyOrderEntriesOf(Map.of(201, 10, 409, 4));
    }
  }

  @Test
  void theSameInABrowserWithoutScript() {
    var browser = Browser.of(owner, port);
    assertThat(browser.get("/").body()).contains("href=\"/notifications\"");
    assertThat(browser.get("/notifications").body()).contains(owner.email(), "No mail is sent", "CHOM_MAIL_HOST");
    var wrong = browser.post("/notifications", Map.of("kind", "webhook", "target", "http://127.0.0.2/", "name", "Hook",
        "shared", "true", "zone", "UTC", "hour", "8", "language", "en", "enabled", "true"));
    assertThat(wrong.status()).isEqualTo(422);
    assertThat(wrong.body()).contains("not a public one").doesNotContain("whsec_");
    var made = browser.post("/notifications", Map.of("kind", "webhook", "target", hook.url("/in"), "name", "<b>Hook",
        "shared", "true", "zone", "UTC", "hour", "8", "language", "en", "enabled", "true", "atOnce", "backup.failed"));
    assertThat(made.status()).isEqualTo(200);
    assertThat(made.body()).contains("whsec_", "&lt;b&gt;Hook");
    assertThat(made.header("cache-control")).contains("no-store");
    var path = "/notifications/" + asOwner.get(PATH).json().at("/items/1/id").asString();
    assertThat(browser.get(path).body()).contains("backup.failed").doesNotContain("whsec_", hook.url("/in"));
    var tested = browser.post(path + "/test", Map.of());
    assertThat(tested.body()).contains("The test got there.");
    assertThat(browser.post(path + "/test", Map.of()).body()).contains("Wait ten seconds");
    assertThat(browser.post(path, Map.of("name", "Renamed", "target", "", "zone", "UTC", "hour", "8", "language", "de"))
        .body()).contains("Saved.");
    var changed = asOwner.get("/api/v1" + path.replace("notifications", "notification-channels")).json();
    assertThat(changed.path("enabled").asBoolean()).isFalse();
    assertThat(changed.path("language").asString()).isEqualTo("de");
    assertThat(Browser.of(viewer, port).get(path).status()).isEqualTo(404);
    assertThat(browser.post(path + "/remove", Map.of()).location()).endsWith("/notifications");
    assertThat(browser.get(path).status()).isEqualTo(404);
  }
}
