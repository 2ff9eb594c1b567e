package io.chom.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.accounts.Access;
import io.chom.accounts.Tokens;
import io.chom.common.Uuid7;
import io.chom.testing.Browser;
import io.chom.testing.ChomTest;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

/** Databases as programs and browsers without script ask for them; two customers. */
@ChomTest
class DatabasesApiTests {
  private final int port;
  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();
  private final Tenants.Person owner = acme.owner();
  private final ApiClient asAcme;
  private final ApiClient asGlobex;
  private final String site;

  DatabasesApiTests(@LocalServerPort int port, @Autowired Access access, @Autowired Tokens tokens) {
    this.port = port;
    var server = acme.sharedServer();
    // what is promised here stays promised
    RealServices.asAdministrator("insert into queue_pause (scope, paused_by) values ('server:" + server + "', 'test')");
    globex.sharedServer();
    asAcme = ApiClient.of(port, acme, owner, access, tokens);
    asGlobex = ApiClient.of(port, globex, globex.owner(), access, tokens);
    site = asAcme.post("/api/v1/sites",
        "{\"domain\":\"s%s.example.org\",\"type\":\"php\",\"serverId\":\"%s\"}"
            .formatted(Uuid7.next().toString().replace("-", ""), server))
        .text("/id");
    RealServices.asAdministrator("update operation set status = 'SUCCEEDED', finished_at = now() where subject_id = '"
        + site + "'; update site set status = 'ACTIVE' where id = '" + site + "'");
  }

  private String path() {
    return "/api/v1/sites/" + site + "/databases";
  }

  private static String named(String name) {
    return "{\"name\":\"%s\"}".formatted(name);
  }

  /** As if its server had done the work. */
  private static void made(String id) {
    RealServices.asAdministrator("update site_database set status = 'ACTIVE' where id = '" + id + "'");
  }

  @Test
  void aDatabaseIsPromisedWithItsOperationAndTheSameKeyMakesOne() {
    var key = Uuid7.next().toString();
    var promised = asAcme.post(path(), named("shop"), "Idempotency-Key", key);
    assertThat(promised.status()).as(promised.body()).isEqualTo(202);
    assertThat(promised.text("/operation/type")).isEqualTo("database.create");
    var again = asAcme.post(path(), named("shop"), "Idempotency-Key", key);
    assertThat(again.text("/id")).isEqualTo(promised.text("/id"));
    assertThat(asAcme.post(path(), named("shop")).text("/code")).isEqualTo("DATABASE_NAME_TAKEN");
    var list = asAcme.get(path());
    assertThat(list.text("/items/0/name")).isEqualTo("shop");
    assertThat(list.text("/items/0/database")).matches("s[0-9]+_shop");
    assertThat(list.text("/items/0/host")).isEqualTo("localhost");
    assertThat(list.json().path("items").size()).isEqualTo(1);
    assertThat(list.body()).doesNotContain("sealed");
    assertThat(asAcme.get(path() + "/" + promised.text("/id")).status()).isEqualTo(200);
  }

  @Test
  void thePasswordIsAnsweredOnceAndIsKeptWithNoKey() {
    var id = asAcme.post(path(), named("shop")).text("/id");
    assertThat(asAcme.post(path() + "/" + id + "/password", "").text("/code")).isEqualTo("PASSWORD_NOT_SHOWN");
    made(id);
    var shown = asAcme.post(path() + "/" + id + "/password", "", "Idempotency-Key", "k-" + id);
    assertThat(shown.status()).as(shown.body()).isEqualTo(200);
    assertThat(shown.text("/password")).hasSize(32);
    assertThat(shown.header("Cache-Control")).contains("no-store");
    var again = asAcme.post(path() + "/" + id + "/password", "", "Idempotency-Key", "k-" + id);
    assertThat(again.status()).isEqualTo(409);
    assertThat(again.body()).doesNotContain(shown.text("/password"));
  }

  @Test
  void badRequestsAreToldWhatIsWrong() {
    for (var name : List.of("", "Shop", "a-b", "a`b", "a'; drop database mysql; --")) {
      var refused = asAcme.post(path(), named(name));
      assertThat(refused.status()).as(name).isEqualTo(422);
      assertThat(refused.text("/code")).isEqualTo("DATABASE_NAME_INVALID");
      assertThat(refused.text("/errors/name")).isNotEmpty();
    }
    assertThat(asAcme.post(path(), "{}").status()).isEqualTo(422);
    assertThat(asAcme.post(path(), "{\"name\":\"a\",\"password\":\"b\"}").text("/code")).isEqualTo("UNKNOWN_FIELD");
  }

  @Test
  void anotherTenantFindsNothingByApiOrPage() {
    var id = asAcme.post(path(), named("shop")).text("/id");
    made(id);
    var one = path() + "/" + id;
    for (var answer : List.of(asGlobex.get(path()), asGlobex.get(one), asGlobex.post(path(), named("x")),
        asGlobex.post(one + "/password", ""), asGlobex.post(one + "/new-password", ""),
        asGlobex.send("DELETE", one, ""))) {
      assertThat(answer.status()).as(answer.body()).isEqualTo(404);
    }
    var stranger = Browser.of(globex.admin(), port);
    var page = "/sites/" + site + "/databases";
    assertThat(stranger.get(page).status()).isEqualTo(404);
    for (var address : List.of("", "/" + id + "/password", "/" + id + "/new-password", "/" + id + "/drop")) {
      assertThat(stranger.post(page + address, Map.of("name", "x", "typedName", "shop")).status()).as(address)
          .isEqualTo(404);
    }
    assertThat(asAcme.get(one).text("/status")).isEqualTo("ACTIVE");
  }

  @Test
  void aDroppedDatabaseIsPromisedToGoOnce() {
    var id = asAcme.post(path(), named("shop")).text("/id");
    assertThat(asAcme.send("DELETE", path() + "/" + id, "").text("/code")).isEqualTo("NOT_IN_THIS_STATE");
    made(id);
    var dropped = asAcme.send("DELETE", path() + "/" + id + "?purge=true", "");
    assertThat(dropped.status()).as(dropped.body()).isEqualTo(202);
    assertThat(dropped.text("/operation/type")).isEqualTo("database.drop");
    assertThat(asAcme.send("DELETE", path() + "/" + id, "").status()).isEqualTo(409);
  }

  @Test
  void theSitesPageMakesShowsAndDropsWithoutScript() {
    var browser = Browser.of(owner, port);
    var page = "/sites/" + site;
    assertThat(browser.get(page).body()).contains("No databases yet", "Not measured yet");
    var wrong = browser.post(page + "/databases", Map.of("name", "A-B"));
    assertThat(wrong.status()).isEqualTo(422);
    assertThat(wrong.body()).contains("<html", "begin with a letter", "value=\"A-B\"");
    var part = Browser.of(owner, port).with("HX-Request", "true").post(page + "/databases", Map.of("name", "A-B"));
    assertThat(part.status()).isEqualTo(422);
    assertThat(part.body().strip()).startsWith("<section").endsWith("</section>").contains("begin with a letter");
    for (int i = 0; i < 2; i++) {
      assertThat(browser.post(page + "/databases", Map.of("name", "shop", "requestKey", "k-" + site)).status())
          .isEqualTo(302);
    }
    assertThat(browser.get(page).body()).contains("_shop", "Being created").doesNotContain("Show password");
    var id = asAcme.get(path()).text("/items/0/id");
    made(id);
    assertThat(Browser.of(acme.admin(), port).get(page).body()).contains("New password")
        .doesNotContain("Show password");
    assertThat(browser.get(page).body()).contains("Show password");
    var shown = browser.post(page + "/databases/" + id + "/password", Map.of());
    assertThat(shown.status()).isEqualTo(200);
    assertThat(shown.header("cache-control")).contains("no-store");
    assertThat(shown.body()).contains("Note the password", "id=\"database-password\"").doesNotContain("Show password");
    assertThat(browser.post(page + "/databases/" + id + "/password", Map.of()).body())
        .contains("shown already").doesNotContain("id=\"database-password\"");
    var typo = browser.post(page + "/databases/" + id + "/drop", Map.of("typedName", "other"));
    assertThat(typo.status()).isEqualTo(422);
    assertThat(typo.body()).contains("This is not the name of the database");
    assertThat(browser.post(page + "/databases/" + id + "/drop", Map.of("typedName", "shop")).status())
        .isEqualTo(302);
    assertThat(browser.get(page).body()).contains("Being dropped");
    var viewer = Browser.of(acme.viewer(), port);
    assertThat(viewer.get(page).body()).contains("_shop").doesNotContain("database-name", "/drop", "/new-password");
    assertThat(viewer.post(page + "/databases", Map.of("name", "x")).status()).isEqualTo(403);
  }
}
