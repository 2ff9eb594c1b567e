package io.chom.web.gallery;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser.NewContextOptions;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import io.chom.web.support.Phrasebook;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.ConfigurableApplicationContext;

/** Every page in a real browser: readable for all, at every width, by every light, and with or without script. */
@Tag("acceptance")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PagesInBrowserIT {
  private ConfigurableApplicationContext gallery;
  private Browser browser;

  @BeforeAll
  void open() {
    gallery = Gallery.start();
    browser = Browser.start();
  }

  @AfterAll
  void close() {
    browser.close();
    gallery.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {360, 768, 1280, 1920})
  void fitsTheWidthOfTheWindow(int width) {
    try (var visitor = browser.visitor(new NewContextOptions().setViewportSize(width, 900))) {
      var page = visitor.newPage();
      var tooWide = new ArrayList<String>();
      for (String language : List.of("en", "de")) {
        for (String name : names()) {
          page.navigate(address(language, "auto", name));
          if ((Boolean) page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")) {
            tooWide.add(language + "/" + name);
          }
        }
      }
      assertThat(tooWide).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"light,1280", "dark,1280", "light,360"})
  void keepsTheRulesOfAccessibility(String theme, int width) throws IOException {
    String axe = new String(getClass().getResourceAsStream("/axe/axe.min.js").readAllBytes(), StandardCharsets.UTF_8);
    try (var visitor = browser.visitor(new NewContextOptions().setViewportSize(width, 900))) {
      var page = visitor.newPage();
      var found = new ArrayList<String>();
      for (String name : names()) {
        page.navigate(address("en", theme, name));
        page.evaluate(axe);
        var violations = (List<?>) page.evaluate(
            """
                async () => (await axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }))
                  .violations.flatMap(v => v.nodes.map(n => v.id + " " + n.target + " " + n.failureSummary))
                """);
        violations.forEach(violation -> found.add(name + ": " + violation));
      }
      assertThat(found).isEmpty();
    }
  }

  @Test
  void complainsAboutNothingInTheConsole() {
    try (var visitor = browser.visitor(new NewContextOptions())) {
      var page = visitor.newPage();
      var complaints = new ArrayList<String>();
      page.onPageError(error -> complaints.add(page.url() + " " + error));
      page.onConsoleMessage(message -> {
        if ("error".equals(message.type())) {
          complaints.add(page.url() + " " + message.text());
        }
      });
      names().forEach(name -> page.navigate(address("en", "auto", name)));
      assertThat(complaints).isEmpty();
    }
  }

  @Test
  void followsTheSystemUntilTheReaderChooses() {
    try (var visitor = browser.visitor(new NewContextOptions().setColorScheme(ColorScheme.DARK))) {
      assertThat(lightness(visitor, "auto")).isLessThan(60);
      assertThat(lightness(visitor, "light")).isGreaterThan(200);
    }
    try (var visitor = browser.visitor(new NewContextOptions().setColorScheme(ColorScheme.LIGHT))) {
      assertThat(lightness(visitor, "auto")).isGreaterThan(200);
      assertThat(lightness(visitor, "dark")).isLessThan(60);
    }
  }

  @Test
  void followsTheSystemWithoutScriptToo() {
    try (var visitor = browser.visitor(new NewContextOptions().setColorScheme(ColorScheme.DARK)
        .setJavaScriptEnabled(false))) {
      var page = visitor.newPage();
      page.navigate(address("en", "auto", "dashboard"));
      assertThat(page.locator("body")).hasCSS("background-color", "rgb(13, 19, 29)");
    }
  }

  @Test
  void opensItsMenusWithoutScript() {
    try (var visitor = browser.visitor(new NewContextOptions().setJavaScriptEnabled(false).setViewportSize(360, 800))) {
      var page = visitor.newPage();
      page.navigate(address("en", "auto", "dashboard"));
      assertThat(page.locator("#menu")).isHidden();
      page.getByLabel("Open menu").click();
      assertThat(page.getByRole(AriaRole.NAVIGATION, new Page.GetByRoleOptions().setName("Main menu"))).isVisible();
      assertThat(page.locator("#menu").getByText("Operations")).isVisible();
      page.getByLabel("Close menu").click();
      assertThat(page.locator("#menu")).isHidden();
      page.getByText("Profile of Ada Lovelace").locator("..").click();
      assertThat(page.getByText("Sign out")).isVisible();
    }
  }

  @Test
  void canBeUsedByKeyboardFromTheFirstKeyOn() {
    try (var visitor = browser.visitor(new NewContextOptions())) {
      var page = visitor.newPage();
      page.navigate(address("en", "auto", "dashboard"));
      page.keyboard().press("Tab");
      assertThat(page.locator(":focus")).hasText("Skip to content");
      assertThat(page.locator(":focus")).isInViewport();
      page.keyboard().press("Enter");
      assertThat(page).hasURL(java.util.regex.Pattern.compile(".*#main"));
      page.locator("summary").first().focus();
      page.keyboard().press("Enter");
      assertThat(page.getByText("Globex Corporation")).isVisible();
      page.keyboard().press("Escape");
      assertThat(page.getByText("Globex Corporation")).isHidden();
      assertThat(page.locator(":focus")).containsText("Acme Webshops");
    }
  }

  @Test
  void showsTheExactTimeOnHoverInTheReadersZone() {
    try (var visitor = browser.visitor(new NewContextOptions().setTimezoneId("Asia/Tokyo"))) {
      var page = visitor.newPage();
      page.navigate(address("en", "auto", "sites"));
      assertThat(page.locator("time").first()).hasAttribute("title", java.util.regex.Pattern.compile(".*GMT\\+9.*"));
    }
  }

  private int lightness(BrowserContext visitor, String theme) {
    var page = visitor.newPage();
    page.navigate(address("en", theme, "dashboard"));
    var color = (String) page.evaluate("getComputedStyle(document.body).backgroundColor");
    return Integer.parseInt(color.replaceAll("^rgba?\\((\\d+).*", "$1"));
  }

  private List<String> names() {
    return List.copyOf(Samples.in(gallery.getBean(Phrasebook.class).in(Locale.ENGLISH)).keySet());
  }

  private String address(String language, String theme, String name) {
    return "http://127.0.0.1:" + Gallery.port(gallery) + "/gallery/" + language + "/" + theme + "/" + name;
  }
}
