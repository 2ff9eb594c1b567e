package io.chom.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.testing.Browser;
import io.chom.testing.ChomTest;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.web.servlet.ViewResolver;
import org.springframework.web.servlet.view.AbstractTemplateViewResolver;
import org.thymeleaf.spring6.SpringTemplateEngine;

/** The pages of the whole panel, as browsers without script see them. */
@ChomTest
class PanelPagesTests {
  private final int port;
  private final Tenants acme = Tenants.acme();

  PanelPagesTests(@LocalServerPort int port) {
    this.port = port;
  }

  @Test
  void beginWithFourNumbersAndWhatToDoNext() {
    var page = Browser.of(acme.admin(), port).get("/");
    assertThat(page.status()).isEqualTo(200);
    assertThat(page.body().split("class=\"card figure-card\"", -1)).hasSize(5);
    assertThat(page.body()).contains("No sites yet", "href=\"/sites/new\"", "Nothing is running", "Acme");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/sites", "/sites/new", "/operations"})
  void openForAnAdmin(String path) {
    assertThat(Browser.of(acme.admin(), port).get(path).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/sites", "/operations", "/servers", "/servers/enrol"})
  void openForAnOperator(String path) {
    assertThat(Browser.of(Tenants.operator(), port).get(path).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/servers", "/servers/enrol"})
  void keepTheFleetFromTenants(String path) {
    assertThat(Browser.of(acme.owner(), port).get(path).status()).isEqualTo(403);
  }

  @Test
  void offerAViewerNothingThatIsNotAllowed() {
    var viewer = Browser.of(acme.viewer(), port).with("Accept", "text/html");
    assertThat(viewer.get("/sites").body()).doesNotContain("/sites/new", "href=\"/servers\"");
    var refused = viewer.get("/sites/new");
    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.body()).contains("You may not do this", "href=\"/\"").doesNotContain("<nav");
  }

  @Test
  void createASiteAndShowIt() {
    acme.server();
    var admin = Browser.of(acme.admin(), port);
    String domain = "shop-" + UUID.randomUUID() + ".example";
    var created = admin.post("/sites", Map.of("domain", domain, "type", "static", "requestKey", "k1"));
    assertThat(created.status()).isEqualTo(302);
    var again = admin.post("/sites", Map.of("domain", domain, "type", "static", "requestKey", "k1"));
    assertThat(again.location()).as("a double click makes one site").isEqualTo(created.location());
    var another = admin.post("/sites", Map.of("domain", "second-" + domain, "type", "static", "requestKey", "k1"));
    assertThat(another.status()).isEqualTo(422);
    assertThat(another.body()).contains("has made another site already", "value=\"second-" + domain + "\"")
        .doesNotContain("value=\"k1\"");
    assertThat(admin.get(created.location()).body()).contains(domain, "Create site",
        "sse-connect=\"/live?topics=site:");
    assertThat(admin.get("/sites").body()).contains(domain);
    assertThat(admin.get("/sites?q=nothing-like-it").body()).contains("No site matches").doesNotContain(domain);
    assertThat(admin.get("/operations").body()).contains("Create site", domain);
  }

  @ParameterizedTest
  @CsvSource({"'',Enter the domain", "-shop.example,no part may begin", "*.example.com,wildcard",
      "intranet,full domain",
      "10.0.0.1,IP address"})
  void sayWhatIsWrongWithADomainAndKeepWhatWasTyped(String domain, String sentence) {
    var answer = Browser.of(acme.admin(), port).post("/sites", Map.of("domain", domain, "type", "php"));
    assertThat(answer.status()).isEqualTo(422);
    assertThat(answer.body()).contains("aria-invalid=\"true\"", "value=\"" + domain + "\"", "<html");
    assertThat(answer.body()).containsIgnoringCase(sentence);
  }

  @Test
  void answerAFragmentWithTheFormAlone() {
    var answer = Browser.of(acme.admin(), port).with("HX-Request", "true").post("/sites",
        Map.of("domain", "a..b", "type", "php"));
    assertThat(answer.status()).isEqualTo(422);
    assertThat(answer.body().strip()).startsWith("<form").endsWith("</form>");
  }

  @Test
  void lookAtADomainWhileItIsTyped() {
    var admin = Browser.of(acme.admin(), port);
    assertThat(admin.get("/sites/new/domain?domain=B%C3%BCcher.example").body())
        .contains("xn--bcher-kva.example can be used")
        .doesNotContain("<html");
    assertThat(admin.get("/sites/new/domain?domain=-x").body()).contains("class=\"fault\"");
  }

  @Test
  void deleteASiteOnlyWhenItsNameWasTyped() {
    acme.server();
    var admin = Browser.of(acme.admin(), port);
    var site = admin.post("/sites", Map.of("domain", "gone-" + UUID.randomUUID() + ".example", "type", "static"))
        .location();
    var answer = admin.post(site + "/delete", Map.of("typedName", "something else", "purge", "true"));
    assertThat(answer.status()).isEqualTo(422);
    assertThat(admin.get(site).status()).isEqualTo(200);
  }

  @Test
  void offerToPrepareOnlyAServerThatIsEnrolled() {
    var server = acme.sharedServer();
    var operator = Browser.of(Tenants.operator(), port);
    String address = "/servers/" + server;
    assertThat(operator.get(address).body()).contains("web-1").doesNotContain("Prepare again");
    set(server, "agent_version = '0.1.0'");
    assertThat(operator.get(address).body()).contains("Prepare again");
    set(server, "status = 'ENROLLING'");
    assertThat(operator.get(address).body()).doesNotContain("Prepare again");
  }

  private static void set(UUID server, String what) {
    RealServices.asAdministrator("update vps_server set " + what + " where id = '" + server + "'");
  }

  @Test
  void showAnotherTenantsThingsToNobody() {
    acme.server();
    var admin = Browser.of(acme.admin(), port);
    var site = admin.post("/sites", Map.of("domain", "mine-" + UUID.randomUUID() + ".example", "type", "static"))
        .location();
    var operation = admin.get(site).body().replaceAll("(?s).*?href=\"(/operations/[0-9a-f-]{36})\".*", "$1");
    assertThat(admin.get(operation).status()).isEqualTo(200);
    var stranger = Browser.of(Tenants.globex().owner(), port);
    for (String path : List.of(site, operation, "/sites/" + UUID.randomUUID(), "/sites/not-an-id")) {
      assertThat(stranger.get(path).status()).as(path).isEqualTo(404);
    }
    assertThat(stranger.post(site + "/delete", Map.of("typedName", "x")).status()).isEqualTo(404);
  }

  @Test
  void rememberThemeAndLanguageWithoutScript() {
    var reader = Browser.of(acme.viewer(), port);
    assertThat(reader.get("/sites").body()).contains("lang=\"en\"", "data-theme=\"auto\"");
    assertThat(reader.post("/preferences", Map.of("theme", "dark", "back", "/sites")).location()).endsWith("/sites");
    reader.post("/preferences", Map.of("language", "de"));
    assertThat(reader.get("/sites").body()).contains("lang=\"de\"", "data-theme=\"dark\"", "Noch keine Sites");
  }

  @ParameterizedTest
  @CsvSource({"//evil.example,/", "https://evil.example,/", "/sites,/sites"})
  void goBackToThisPanelOnly(String back, String to) {
    var reader = new Browser(port);
    assertThat(reader.post("/preferences", Map.of("theme", "dark", "back", back)).location()).endsWith(to)
        .doesNotContain("evil");
  }

  @Test
  void sayWhatToDoAfterAWrongPassword() {
    var stranger = new Browser(port);
    var refused = stranger.signIn(acme.admin().email(), "not the password at all");
    assertThat(refused.location()).endsWith("/login?error");
    assertThat(stranger.get("/login?error").body()).contains("E-mail address or password is wrong. Check both");
  }

  @Test
  void speakTheBrowsersLanguage() {
    assertThat(new Browser(port).with("Accept-Language", "fr, de;q=0.8, en;q=0.5").get("/login").body())
        .contains("lang=\"de\"", "Anmelden");
    assertThat(new Browser(port).with("Accept-Language", "fr").get("/login").body()).contains("lang=\"en\"", "Sign in");
  }

  @Test
  void drawErrorsInTheSameDesignWithoutAnythingFromInside() {
    var reader = Browser.of(acme.viewer(), port).with("Accept", "text/html");
    var missing = reader.get("/no-such-page");
    assertThat(missing.status()).isEqualTo(404);
    assertThat(missing.body()).contains("There is nothing here", "components-").doesNotContain("Exception", "io.chom");
    assertThat(reader.get("/sites?status=NONSENSE").status()).isEqualTo(400);
  }

  @Test
  void areRenderedByThymeleafAloneWithTheExpressionCompiler(@Autowired List<ViewResolver> resolvers,
      @Autowired SpringTemplateEngine engine) {
    assertThat(resolvers).noneMatch(AbstractTemplateViewResolver.class::isInstance);
    assertThat(engine.getEnableSpringELCompiler()).isTrue();
  }
}
