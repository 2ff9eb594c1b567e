package io.chom.web;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static com.microsoft.playwright.assertions.PlaywrightAssertions.setDefaultAssertionTimeout;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser.NewContextOptions;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import io.chom.testing.ChomTest;
import io.chom.testing.Tenants;
import io.chom.web.gallery.Browser;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.web.server.LocalServerPort;

/** The whole panel in a real browser. */
@ChomTest
@Tag("acceptance")
class PanelInBrowserIT {
  private static final Path PICTURES = Path.of("target/pictures");
  private static final AtomicInteger VISITORS = new AtomicInteger();
  private static Browser browser;

  private final Tenants acme = Tenants.acme();
  private final String panel;

  PanelInBrowserIT(@LocalServerPort int port) {
    this.panel = "http://127.0.0.1:" + port;
    acme.server();
  }

  @BeforeAll
  static void open() {
    // a busy machine takes its time for a good password hash
    setDefaultAssertionTimeout(30_000);
    browser = Browser.start();
  }

  @AfterAll
  static void close() {
    browser.close();
  }

  @Test
  void signsInAndOutAndSaysWhatWasWrong() {
    try (var visitor = browser.visitor(options())) {
      var page = visitor.newPage();
      var admin = acme.admin();
      signIn(page, admin.email(), "not the password at all");
      assertThat(page.getByText("E-mail address or password is wrong")).isVisible();
      signIn(page, admin.email(), Tenants.PASSWORD);
      assertThat(page).hasURL(panel + "/");
      assertThat(heading(page)).hasText("Overview");
      page.locator("summary").last().click();
      page.getByText("Sign out").click();
      assertThat(page.getByText("You are signed out.")).isVisible();
    }
  }

  @Test
  void saysWhatIsWrongWithADomainWhileItIsTypedAndWhenItIsSent() {
    try (var visitor = browser.visitor(options())) {
      var page = signedIn(visitor.newPage());
      page.navigate(panel + "/sites/new");
      page.getByLabel("Domain").pressSequentially("-shop.example");
      assertThat(page.locator("#domain-help .fault")).containsText("no part may begin or end with a hyphen");
      page.getByLabel("Domain").fill("shop." + UUID.randomUUID() + ".example");
      assertThat(page.locator("#domain-help")).containsText("can be used");
      page.getByLabel("Domain").fill("*.example.com");
      submit(page, "Create site");
      assertThat(page.locator("#domain-help .fault")).containsText("wildcard");
      assertThat(page.getByLabel("Domain")).hasValue("*.example.com");
      assertThat(page).hasURL(panel + "/sites/new");
    }
  }

  @Test
  void movesNothingUnderTheHandWhileADomainIsChecked() {
    try (var visitor = browser.visitor(options())) {
      var page = signedIn(visitor.newPage());
      page.navigate(panel + "/sites/new");
      var button = page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Create site"));
      double before = button.boundingBox().y;
      page.getByLabel("Domain").fill("shop." + UUID.randomUUID() + ".example");
      assertThat(page.locator("#domain-help")).containsText("can be used");
      // a click begins with leaving the field, which has it checked: the button must still be there when it ends
      assertThat(button.boundingBox().y).isEqualTo(before);
    }
  }

  @Test
  void createsASiteAndFollowsItLive() {
    try (var visitor = browser.visitor(options())) {
      var page = signedIn(visitor.newPage());
      var complaints = new ArrayList<String>();
      page.onConsoleMessage(message -> {
        // the answer 422 is what the form is for
        if ("error".equals(message.type()) && !message.text().contains("422")) {
          complaints.add(page.url() + " " + message.text());
        }
      });
      String domain = "shop-" + UUID.randomUUID() + ".example";
      page.navigate(panel + "/sites/new");
      page.getByLabel("Domain").fill(domain);
      page.getByText("HTML, CSS and other files").click();
      submit(page, "Create site");
      assertThat(page).hasURL(Pattern.compile(".*/sites/[0-9a-f-]{36}"));
      assertThat(heading(page)).hasText(domain);
      picture(page, "site");
      page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Create site")).first().click();
      assertThat(page.locator("#log-title")).isVisible();
      picture(page, "operation");
      page.navigate(panel + "/");
      assertThat(page.getByText(domain).first()).isVisible();
      picture(page, "dashboard");
      assertThat(complaints).isEmpty();
    }
  }

  @Test
  void keepsTheThemeAndLanguageThatWereChosen() {
    try (var visitor = browser.visitor(options())) {
      var page = signedIn(visitor.newPage());
      page.locator("summary").last().click();
      page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Dark")).click();
      assertThat(page.locator("html")).hasAttribute("data-theme", "dark");
      page.locator("summary").last().click();
      page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Deutsch")).click();
      assertThat(heading(page)).hasText("Übersicht");
      picture(page, "dashboard-dark");
    }
  }

  @Test
  void doesEverythingWithoutScript() {
    try (var visitor = browser.visitor(options().setJavaScriptEnabled(false))) {
      var page = signedIn(visitor.newPage());
      page.navigate(panel + "/sites/new");
      page.getByLabel("Domain").fill("*.example.com");
      submit(page, "Create site");
      assertThat(page.locator("#domain-help .fault")).containsText("wildcard");
      String domain = "quiet-" + UUID.randomUUID() + ".example";
      page.getByLabel("Domain").fill(domain);
      page.getByText("HTML, CSS and other files").click();
      submit(page, "Create site");
      assertThat(heading(page)).hasText(domain);
      page.navigate(panel + "/sites?q=" + domain.substring(0, 20));
      assertThat(page.getByText(domain).first()).isVisible();
      page.navigate(panel + "/operations");
      page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Create site")).first().click();
      assertThat(page.locator("#log-title")).isVisible();
      assertThat(page.getByText("Load again")).isVisible();
    }
  }

  private Page signedIn(Page page) {
    signIn(page, acme.admin().email(), Tenants.PASSWORD);
    assertThat(heading(page)).hasText("Overview");
    return page;
  }

  private void signIn(Page page, String email, String password) {
    page.navigate(panel + "/login");
    page.getByLabel("E-mail address").fill(email);
    page.getByLabel("Password").fill(password);
    submit(page, "Sign in");
  }

  private static void submit(Page page, String name) {
    page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name)).click();
  }

  private static Locator heading(Page page) {
    return page.getByRole(AriaRole.HEADING, new Page.GetByRoleOptions().setLevel(1));
  }

  private static void picture(Page page, String name) {
    page.screenshot(new Page.ScreenshotOptions().setPath(PICTURES.resolve(name + ".png")));
  }

  /** Each visitor comes from an address of its own, so that one test's login attempts are not another's. */
  private NewContextOptions options() {
    return new NewContextOptions().setLocale("en-GB").setViewportSize(1280, 800)
        .setExtraHTTPHeaders(
            Map.of("X-Forwarded-For", "2001:db8:77::" + Integer.toHexString(VISITORS.incrementAndGet())));
  }
}
