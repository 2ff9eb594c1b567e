package io.chom.servers;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.Browser.NewContextOptions;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions.ContainsTextOptions;
import com.microsoft.playwright.options.AriaRole;
import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.sites.CreateSite;
import io.chom.sites.DomainName;
import io.chom.sites.SiteId;
import io.chom.sites.SiteStatus;
import io.chom.sites.SiteType;
import io.chom.sites.Sites;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import io.chom.testing.Tenants;
import io.chom.web.gallery.Browser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

/** A person who looks through a backup, takes one file out of it, and makes a new site of it. */
@Tag("acceptance")
class PicksInBrowserIT extends FleetTest {
  private static final Path PICTURES = Path.of("target/pictures");
  @LocalServerPort
  int port;
  @Autowired
  Sites sites;
  final Tenants acme = Tenants.acme();

  @Test
  void oneFileIsChosenInTheBackupAndComesBackAndANewSiteIsMadeOfIt() throws IOException {
    var domain = "w" + Uuid7.next().toString().replace("-", "").substring(8) + ".example";
    var site = site(domain);
    var root = Path.of(Objects.requireNonNull(
        TenantContext.callAs(acme.id(), () -> sites.get(site)).documentRoot()));
    Files.createDirectories(root.resolve("up loads"));
    Files.writeString(root.resolve("up loads/ünï, 100%.txt"), "good");
    Files.writeString(root.resolve("page.html"), "good");
    try (var browser = Browser.start();
        var visitor = browser.visitor(new NewContextOptions().setLocale("en-GB").setViewportSize(1280, 1000))) {
      var page = visitor.newPage();
      page.setDefaultTimeout(30_000);
      var complaints = complaints(page);
      signIn(page);
      page.navigate("http://127.0.0.1:" + port + "/sites/" + site);
      var card = page.locator("#backups");
      button(card, "Back up now").click();
      in(card, "Completed");
      Files.writeString(root.resolve("up loads/ünï, 100%.txt"), "ruined");
      Files.writeString(root.resolve("page.html"), "changed");

      link(card, "Restore…").click();
      link(page.locator("main"), "Single files or tables…").click();
      var listing = page.locator("#listing");
      in(listing, "releases");
      page.screenshot(new Page.ScreenshotOptions().setPath(PICTURES.resolve("contents-top.png")).setFullPage(true));
      for (var name : List.of("releases", "first", "public", "up loads")) {
        button(listing, name).click();
      }
      in(listing, "ünï, 100%.txt");
      page.getByLabel("Choose ünï, 100%.txt").check();
      button(page.locator("main"), "public").click();
      in(listing, "Chosen elsewhere");
      in(listing, "up loads/ünï, 100%.txt");
      page.screenshot(new Page.ScreenshotOptions().setPath(PICTURES.resolve("contents.png")).setFullPage(true));
      button(listing, "Restore what is chosen…").click();
      in(page.locator("main"), "/releases/first/public/up loads/ünï, 100%.txt");
      in(page.locator("#plan"), "put in its place");
      page.screenshot(new Page.ScreenshotOptions().setPath(PICTURES.resolve("restore-files.png")).setFullPage(true));
      page.getByLabel("Type " + domain).fill(domain);
      button(page.locator("main"), "Restore").click();
      in(card, "A file or directory of a backup");
      org.assertj.core.api.Assertions.assertThat(root.resolve("up loads/ünï, 100%.txt")).hasContent("good");
      org.assertj.core.api.Assertions.assertThat(root.resolve("page.html")).hasContent("changed");
      button(card, "Undo restore").click();
      assertThat(button(card, "Undo restore")).hasCount(0);
      org.assertj.core.api.Assertions.assertThat(eventually(() -> read(root.resolve("up loads/ünï, 100%.txt")),
          "ruined"::equals)).isEqualTo("ruined");

      link(card, "Restore…").click();
      link(page.locator("main"), "A new site").click();
      var copy = "n" + domain;
      page.getByLabel("Domain of the new site").fill(copy);
      in(page.locator("#domain-help"), copy);
      page.screenshot(new Page.ScreenshotOptions().setPath(PICTURES.resolve("restore-new.png")).setFullPage(true));
      button(page.locator("main"), "Make site and restore").click();
      assertThat(page.getByRole(AriaRole.HEADING, new Page.GetByRoleOptions().setLevel(1))).containsText(copy);
      in(card, "What was there before is kept");
      page.screenshot(new Page.ScreenshotOptions().setPath(PICTURES.resolve("restored-new.png")).setFullPage(true));
      org.assertj.core.api.Assertions.assertThat(complaints).isEmpty();
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "";
    }
  }

  private SiteId site(String domain) {
    var server = enrolled();
    acme.allocate(server.value(), TenantId.PLATFORM);
    var site = TenantContext.callAs(acme.id(), () -> sites.create(
        new CreateSite(DomainName.parse(domain), SiteType.STATIC, null, server, null), Actor.PANEL)).site();
    eventually(() -> TenantContext.callAs(acme.id(), () -> sites.get(site)),
        seen -> seen.status() == SiteStatus.ACTIVE);
    return site;
  }

  private static List<String> complaints(Page page) {
    var complaints = new ArrayList<String>();
    page.onConsoleMessage(message -> {
      if ("error".equals(message.type()) && !message.text().contains("422")) {
        complaints.add(page.url() + " " + message.text());
      }
    });
    return complaints;
  }

  private void signIn(Page page) {
    page.navigate("http://127.0.0.1:" + port + "/login");
    page.getByLabel("E-mail address").fill(acme.admin().email());
    page.getByLabel("Password").fill(Tenants.PASSWORD);
    button(page.locator("main"), "Sign in").click();
    assertThat(page.getByRole(AriaRole.HEADING, new Page.GetByRoleOptions().setLevel(1))).hasText("Overview");
  }

  private static void in(Locator where, String text) {
    assertThat(where).containsText(text, new ContainsTextOptions().setTimeout(60_000));
  }

  private static Locator button(Locator where, String name) {
    return where.getByRole(AriaRole.BUTTON, new Locator.GetByRoleOptions().setName(name).setExact(true));
  }

  private static Locator link(Locator where, String name) {
    return where.getByRole(AriaRole.LINK, new Locator.GetByRoleOptions().setName(name).setExact(true));
  }
}
