package io.chom.web;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static com.microsoft.playwright.assertions.PlaywrightAssertions.setDefaultAssertionTimeout;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser.NewContextOptions;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.AriaRole;
import io.chom.testing.ChomTest;
import io.chom.testing.RealServices;
import io.chom.testing.Rig;
import io.chom.testing.RigHost;
import io.chom.testing.Snapshot;
import io.chom.testing.Tenants;
import io.chom.web.gallery.Browser;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.boot.test.web.server.LocalServerPort;

/**
 * The whole way as people go it: an operator takes two bare hosts into the fleet, two customers put sites on them, and
 * everything is done by clicking and typing in a real browser.
 */
@ChomTest
@Tag("acceptance")
class WalkingProductAcceptanceIT {
  private static final Path PICTURES = Path.of("target/pictures");
  private static final double PREPARED_WITHIN = 8 * 60_000;
  private static final int SITES = 20;
  /** Keeps what the page was told live, and how far a progress bar in it was. */
  private static final String LISTEN = """
      window.told = [];
      document.addEventListener("htmx:sseMessage", (message) => {
        const bar = /<progress[^>]* value="(\\d+)"/.exec(message.detail.data);
        if (bar) window.told.push(Number(bar[1]));
      });
      """;

  @RegisterExtension
  static final Rig rig = Rig.ofBare(2);
  private static final AtomicInteger VISITORS = new AtomicInteger();

  private static final AtomicInteger DOMAINS = new AtomicInteger();
  private static String panel;
  private static Tenants acme;
  private static Tenants globex;
  private static Browser browser;
  private static Page operatorsTab;
  private static Page acmesTab;
  private static Page globexsTab;

  /** A site somebody created in the browser. */
  private record Shown(String page, String domain, String user, RigHost host) {}

  @BeforeAll
  static void takeTwoBareHostsIntoTheFleet(@LocalServerPort int port) {
    panel = "http://127.0.0.1:" + port;
    acme = Tenants.acme();
    globex = Tenants.globex();
    setAsideOtherServers();
    setDefaultAssertionTimeout(30_000);
    browser = Browser.start();
    operatorsTab = signedIn(Tenants.operator());
    acmesTab = signedIn(acme.admin());
    globexsTab = signedIn(globex.admin());
    var secondTab = listening(operatorsTab.context().newPage());
    enrol(operatorsTab, rig.bare(0), "web-1", rig.bare(0).login());
    enrol(secondTab, rig.bare(1), "web-2", rig.bare(1).loginWithSudoPassword());
    assertGetsReady(operatorsTab, "web-1");
    assertGetsReady(secondTab, "web-2");
    secondTab.close();
    // the first site of a host leaves the agent's lock files behind, which are no traces of a site
    create(acmesTab, acme);
    create(globexsTab, globex);
  }

  @AfterAll
  static void goHome() {
    if (browser != null) {
      browser.close();
    }
    setAsideOtherServers();
  }

  @Test
  void theFirstRequestAtTheMomentThePageSaysDoneIsAnsweredByTheSitesOwnUserTwentyTimesInARow() {
    int moved = 0;
    for (int i = 0; i < SITES; i++) {
      var tab = i % 2 == 0 ? acmesTab : globexsTab;
      create(tab, i % 2 == 0 ? acme : globex);
      moved += told(tab).stream().anyMatch(percent -> percent > 0 && percent < 100) ? 1 : 0;
    }
    // a site that is made before its page is there has nothing to show
    assertThat(moved).as("the bar moved while one looked").isPositive();
    picture(acmesTab, "site-ready");
  }

  @Test
  void neitherTenantFindsTheSiteOfTheOther() {
    var mine = create(acmesTab, acme);
    var theirs = create(globexsTab, globex);
    assertHidden(mine, globexsTab);
    assertHidden(theirs, acmesTab);
  }

  @Test
  void deletingASiteWithItsFilesLeavesTheHostsAsTheyWere() {
    var hosts = List.of(rig.bare(0), rig.bare(1));
    var before = hosts.stream().map(Snapshot::of).toList();
    var site = create(acmesTab, acme);
    assertThat(hosts.stream().map(Snapshot::of).toList()).isNotEqualTo(before);

    delete(acmesTab, site);

    assertThat(site.host().get(site.domain(), "/").body()).doesNotContain(site.domain(), site.user());
    for (int i = 0; i < hosts.size(); i++) {
      assertThat(Snapshot.of(hosts.get(i)).since(before.get(i))).as("%s", hosts.get(i)).isEmpty();
    }
    acmesTab.navigate(panel + "/sites?q=" + site.domain());
    assertThat(acmesTab.getByText("No site matches")).isVisible();
  }

  @Test
  void aChangedHostKeyStopsTheServerUntilTheOperatorApprovesIt() {
    var host = rig.bare(1);
    var before = host.hostKeyFingerprint();
    open("web-2");
    host.newHostKey();
    host.exec("bash", "-c", "for pid in $(pgrep -f '^sshd: chom'); do kill -9 $pid; done");
    assertThat(state(operatorsTab)).hasText("Host key changed", within(120_000));

    var warning = region(operatorsTab, "The host key changed");
    assertThat(warning).containsText(before);
    assertThat(warning).containsText(host.hostKeyFingerprint());
    assertThat(host.hostKeyFingerprint()).isNotEqualTo(before);
    picture(operatorsTab, "server-host-key-changed");
    warning.getByLabel("Type web-2 to confirm").fill("web-1");
    press(operatorsTab, "Approve the new key");
    assertThat(operatorsTab.getByText("This is not the name of the server.")).isVisible();
    warning.getByLabel("Type web-2 to confirm").fill("web-2");
    press(operatorsTab, "Approve the new key");

    assertThat(state(operatorsTab)).hasText("Ready");
    assertThat(operatorsTab.locator("main")).containsText(host.hostKeyFingerprint());
    assertThat(operatorsTab.locator("main")).not().containsText(before);
    assertHealthy(operatorsTab);
    picture(operatorsTab, "server-host-key-approved");
  }

  private static void enrol(Page page, RigHost host, String name, RigHost.Login login) {
    page.navigate(panel + "/servers");
    page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Add server")).first().click();
    page.getByLabel("Address", new Page.GetByLabelOptions().setExact(true)).fill(host.address());
    picture(page, name + "-1-address");
    press(page, "Read its fingerprint");

    assertThat(page.getByText("Fingerprint of " + host.address() + ":22")).isVisible();
    assertThat(page.locator("#fingerprint")).containsText(host.hostKeyFingerprint());
    picture(page, name + "-2-fingerprint");
    page.getByLabel("I compared it, it is the same").check();
    page.getByLabel("User name").fill(login.user());
    page.getByLabel("Password", new Page.GetByLabelOptions().setExact(true)).fill(login.password());
    page.getByLabel("Name", new Page.GetByLabelOptions().setExact(true)).fill(name);
    press(page, "Approve and prepare");

    assertThat(heading(page)).hasText(name);
    assertThat(region(page, "Operations").getByRole(AriaRole.PROGRESSBAR)).isVisible();
    assertThat(page.getByText("Prepare again")).isHidden();
    picture(page, name + "-3-installing");
    assertThat(state(page)).hasText("Being prepared", within(60_000));
    assertThat(region(page, "Details")).containsText("debian 12");
    picture(page, name + "-4-preparing");
  }

  private static void assertGetsReady(Page page, String name) {
    assertThat(state(page)).hasText("Ready", within(PREPARED_WITHIN));
    assertThat(told(page)).as("the bar moved while one looked").hasSizeGreaterThan(5);
    assertThat(region(page, "Details")).containsText("8.2");
    assertThat(page.getByText("Prepare again")).isVisible();
    assertHealthy(page);
    picture(page, name + "-5-ready");
  }

  /** The first look at a server fills its page by itself. */
  private static void assertHealthy(Page page) {
    assertThat(region(page, "Health")).containsText(Pattern.compile("Disk\\s*[1-9][\\d.,]* [MG]B of [1-9][\\d.,]* GB"),
        new LocatorAssertions.ContainsTextOptions().setTimeout(90_000));
    assertThat(region(page, "Health")).containsText("nginx");
  }

  private static void open(String server) {
    operatorsTab.navigate(panel + "/servers");
    operatorsTab.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName(server)).click();
    assertThat(heading(operatorsTab)).hasText(server);
  }

  /** Creates a PHP site, follows it, and asks for it at the very moment the page is told that it is done. */
  private static Shown create(Page page, Tenants tenant) {
    var domain = "shop-" + DOMAINS.incrementAndGet() + "." + tenant.slug() + ".example";
    page.navigate(panel + "/sites");
    page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Create site")).first().click();
    page.getByLabel("Domain").fill(domain);
    page.getByRole(AriaRole.RADIO, new Page.GetByRoleOptions().setName("PHP")).check();
    press(page, "Create site");
    assertThat(heading(page)).hasText(domain);
    var facts = region(page, "Overview").locator("dl");
    var user = fact(facts, "System user");
    var address = fact(facts, "Server address");
    var host = Stream.of(rig.bare(0), rig.bare(1)).filter(one -> one.address().equals(address)).findFirst()
        .orElseThrow();

    awaitDone(page);
    var answer = host.get(domain, "/");

    assertThat(answer.status()).as(domain).isEqualTo(200);
    assertThat(answer.body()).contains(domain, "PHP 8.2", "running as " + user);
    assertThat(state(page)).hasText("Active");
    return new Shown(page.url(), domain, user, host);
  }

  private static void delete(Page page, Shown site) {
    var danger = region(page, "Danger zone");
    danger.getByRole(AriaRole.LINK).click();
    assertThat(page.getByText("virtual host of " + site.domain())).isVisible();
    page.getByText("Delete its files at once instead").click();
    page.getByLabel("Type " + site.domain() + " to confirm").fill("something else");
    picture(page, "site-danger");
    press(page, "Delete at once");
    assertThat(page.getByText("This is not the domain of the site.")).isVisible();
    page.getByLabel("Type " + site.domain() + " to confirm").fill(site.domain());
    press(page, "Delete at once");
    assertThat(danger).not().isVisible();
    assertThat(state(page)).hasText("Deleted");
    picture(page, "site-deleted");
  }

  private static void assertHidden(Shown site, Page stranger) {
    stranger.navigate(panel + "/sites");
    assertThat(stranger.getByRole(AriaRole.TABLE)).isVisible();
    assertThat(stranger.getByText(site.domain())).hasCount(0);
    stranger.getByLabel("Search by domain").fill(site.domain());
    assertThat(stranger.getByText("No site matches")).isVisible();
    var answer = stranger.navigate(site.page());
    assertThat(answer.status()).isEqualTo(404);
    assertThat(stranger.getByText("There is nothing here")).isVisible();
    assertThat(stranger.getByText(site.domain())).hasCount(0);
  }

  /** Looks at every frame the browser draws, so that nothing passes between the message and what follows this. */
  private static void awaitDone(Page page) {
    page.waitForFunction("""
        () => document.querySelector("[aria-labelledby=site-operations] .op-list > li .state")?.textContent === "Done"
        """, null, new Page.WaitForFunctionOptions().setTimeout(60_000));
  }

  /** The different percentages that bars showed, in their order. */
  private static List<Integer> told(Page page) {
    return ((List<?>) page.evaluate("window.told")).stream().map(percent -> (Integer) percent).distinct().toList();
  }

  private static String fact(Locator facts, String name) {
    return facts.locator("dt", new Locator.LocatorOptions().setHasText(Pattern.compile("^" + name + "$")))
        .locator("+ dd").innerText();
  }

  private static Page signedIn(Tenants.Person person) {
    var page = listening(browser.visitor(options()).newPage());
    page.navigate(panel + "/login");
    page.getByLabel("E-mail address").fill(person.email());
    page.getByLabel("Password").fill(Tenants.PASSWORD);
    press(page, "Sign in");
    assertThat(heading(page)).hasText("Overview");
    return page;
  }

  private static Page listening(Page page) {
    page.addInitScript(LISTEN);
    return page;
  }

  private static void press(Page page, String name) {
    page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name)).click();
  }

  private static Locator heading(Page page) {
    return page.getByRole(AriaRole.HEADING, new Page.GetByRoleOptions().setLevel(1));
  }

  private static Locator region(Page page, String name) {
    return page.getByRole(AriaRole.REGION, new Page.GetByRoleOptions().setName(name));
  }

  /** The state beside the heading. */
  private static Locator state(Page page) {
    return page.locator(".title .state");
  }

  private static LocatorAssertions.HasTextOptions within(double milliseconds) {
    return new LocatorAssertions.HasTextOptions().setTimeout(milliseconds);
  }

  private static void picture(Page page, String name) {
    page.screenshot(new Page.ScreenshotOptions().setFullPage(true).setPath(PICTURES.resolve("walk-" + name + ".png")));
  }

  /** Servers of other tests in this run take none of the sites here, nor an address of these hosts. */
  private static void setAsideOtherServers() {
    RealServices.asAdministrator("update vps_server set status = 'MAINTENANCE', name = id::text, host = id::text");
  }

  private static NewContextOptions options() {
    return new NewContextOptions().setLocale("en-GB").setViewportSize(1280, 800)
        .setExtraHTTPHeaders(
            Map.of("X-Forwarded-For", "2001:db8:78::" + Integer.toHexString(VISITORS.incrementAndGet())));
  }
}
