package io.chom.servers;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.Browser.NewContextOptions;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

/** A person who backs a site up on its page, and watches it there without reading the page again. */
@Tag("acceptance")
class BackupsInBrowserIT extends FleetTest {
  private static final Path PICTURES = Path.of("target/pictures");
  @LocalServerPort
  int port;
  @Autowired
  Sites sites;
  final Tenants acme = Tenants.acme();

  @Test
  void theScheduleSaysWhatIsTypedComesToAndIsKept() {
    var site = site("s" + Uuid7.next().toString().replace("-", "").substring(8) + ".example");
    try (var browser = Browser.start();
        var visitor = browser.visitor(new NewContextOptions().setLocale("en-GB").setViewportSize(390, 1000))) {
      var page = visitor.newPage();
      page.setDefaultTimeout(30_000);
      var complaints = complaints(page);
      signIn(page);
      page.navigate("http://127.0.0.1:" + port + "/sites/" + site);
      page.locator("#backups").getByRole(AriaRole.LINK, new Locator.GetByRoleOptions().setName("Schedule")).click();
      var preview = page.locator("#preview");
      in(preview, "Every day at 02:30, UTC");
      page.getByLabel("When").fill("0 3 * * 6,0");
      in(preview, "Saturday, Sunday at 03:00, UTC");
      page.getByLabel("Time zone").fill("Europe/Berlin");
      in(preview, "Berlin time");
      page.getByLabel("When").fill("* * * * *");
      in(preview, "more often than every 15 minutes");
      page.getByLabel("When").fill("0 */6 * * *");
      in(preview, "Every 6 hours");
      assertThat(preview.locator("li")).hasCount(5);
      button(page.locator("#form"), "Create schedule").click();
      in(page.locator("main"), "Every 6 hours, on the hour, Berlin time");
      assertThat(page.locator(".wall-calendar .day")).hasCount(28);
      page.screenshot(new Page.ScreenshotOptions().setPath(PICTURES.resolve("schedule.png")).setFullPage(true));
      page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Change")).click();
      page.getByLabel("daily").fill("3");
      button(page.locator("#form"), "Save").click();
      in(page.locator("main"), "3 daily");
      button(page.locator("main"), "End").click();
      in(page.locator("main"), "Nothing is backed up by itself yet");
      org.assertj.core.api.Assertions.assertThat(complaints).isEmpty();
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

  @Test
  void theCardFollowsABackupThroughItsLife() {
    var domain = "b" + Uuid7.next().toString().replace("-", "").substring(8) + ".example";
    var site = site(domain);
    try (var browser = Browser.start();
        var visitor = browser.visitor(new NewContextOptions().setLocale("en-GB").setViewportSize(1280, 1000))) {
      var page = visitor.newPage();
      page.setDefaultTimeout(30_000);
      var complaints = complaints(page);
      signIn(page);
      page.navigate("http://127.0.0.1:" + port + "/sites/" + site);
      var card = page.locator("#backups");
      assertThat(card).containsText("No backups yet");
      button(card, "Back up now").click();
      in(card, "Completed");
      in(card, "Unproven");
      button(card, "Prove").click();
      in(card, "Proven");
      in(card, "all was as it had been");
      page.screenshot(new Page.ScreenshotOptions().setPath(PICTURES.resolve("backup-taken.png")).setFullPage(true));

      card.getByRole(AriaRole.LINK, new Locator.GetByRoleOptions().setName("Restore…")).click();
      page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Files only")).click();
      in(page.locator("#plan"), "home, exchanged for the backup");
      assertThat(page.locator("main")).not().containsText("All databases");
      page.screenshot(new Page.ScreenshotOptions().setPath(PICTURES.resolve("backup-restore.png")).setFullPage(true));
      page.getByLabel("Type " + domain).fill(domain);
      button(page.locator("main"), "Restore").click();
      in(card, "What was there before is kept");
      page.screenshot(new Page.ScreenshotOptions().setPath(PICTURES.resolve("backup-restored.png")).setFullPage(true));
      button(card, "Undo restore").click();
      assertThat(button(card, "Undo restore")).hasCount(0);
      in(card, "Completed");

      downloadsTheFiles(page, card);

      card.getByRole(AriaRole.LINK, new Locator.GetByRoleOptions().setName("Remove…")).click();
      in(page.locator("#plan"), "backup, for good");
      page.getByLabel("Type " + domain).fill(domain);
      button(page.locator("main"), "Remove backup").click();
      in(card, "No backups yet");

      page.navigate("http://127.0.0.1:" + port + "/backups");
      in(page.locator("#backups-table"), "No backups yet");
      org.assertj.core.api.Assertions.assertThat(complaints).isEmpty();
    }
  }

  private static void downloadsTheFiles(Page page, Locator card) {
    card.getByRole(AriaRole.LINK, new Locator.GetByRoleOptions().setName("Download…")).click();
    page.getByLabel("One file or directory only").fill("../elsewhere");
    button(page.locator("main"), "Make a link").click();
    in(page.locator("main"), "names no file or directory");
    page.getByLabel("One file or directory only").fill("");
    page.getByLabel("Part").selectOption("files");
    button(page.locator("main"), "Make a link").click();
    in(page.locator("main"), "only for you");
    page.screenshot(new Page.ScreenshotOptions().setPath(PICTURES.resolve("backup-download.png")).setFullPage(true));
    var download = page.waitForDownload(
        () -> page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Download now")).click());
    org.assertj.core.api.Assertions.assertThat(download.suggestedFilename()).endsWith(".tar.gz");
    org.assertj.core.api.Assertions.assertThat(download.failure()).isNull();
    org.assertj.core.api.Assertions.assertThat(download.path()).isNotEmptyFile();
    in(page.locator("main"), "Links that still work");
    button(page.locator("main"), "Revoke").click();
    in(page.locator("main"), "None. A link works for a while");
    page.locator(".trail a").click();
    in(card, "Completed");
  }

  private void signIn(Page page) {
    page.navigate("http://127.0.0.1:" + port + "/login");
    page.getByLabel("E-mail address").fill(acme.admin().email());
    page.getByLabel("Password").fill(Tenants.PASSWORD);
    button(page.locator("main"), "Sign in").click();
    assertThat(page.getByRole(AriaRole.HEADING, new Page.GetByRoleOptions().setLevel(1))).hasText("Overview");
  }

  private static void in(Locator where, String text) {
    assertThat(where).containsText(text,
        new com.microsoft.playwright.assertions.LocatorAssertions.ContainsTextOptions().setTimeout(30_000));
  }

  private static Locator button(Locator where, String name) {
    return where.getByRole(AriaRole.BUTTON, new Locator.GetByRoleOptions().setName(name));
  }
}
