package io.chom.web.gallery;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.web.support.Phrasebook;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.web.servlet.ViewResolver;
import org.springframework.web.servlet.view.AbstractTemplateViewResolver;
import org.thymeleaf.spring6.SpringTemplateEngine;
import org.thymeleaf.spring6.view.ThymeleafViewResolver;

/** Every page, rendered by the real engine from the real templates with sample content. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PagesTests {
  private ConfigurableApplicationContext gallery;
  private final HttpClient http = HttpClient.newHttpClient();

  @BeforeAll
  void open() {
    gallery = Gallery.start();
  }

  @AfterAll
  void close() {
    gallery.close();
    http.close();
  }

  Stream<String> pages() {
    var names = Samples.in(gallery.getBean(Phrasebook.class).in(Locale.ENGLISH)).keySet();
    return Stream.of("en", "de").flatMap(language -> names.stream().map(name -> language + "/auto/" + name));
  }

  @ParameterizedTest
  @MethodSource("pages")
  void hasOneTitleOneHeadingAndOneMain(String page) throws Exception {
    String html = get(page);
    assertThat(html).contains("<html", " lang=\"" + page.substring(0, 2) + "\"", "data-theme=\"auto\"");
    assertThat(all("<title>[^<]+ · CHOM</title>", html)).hasSize(1);
    assertThat(all("<h1[ >]", html)).hasSize(1);
    assertThat(all("<main[ >]", html)).hasSize(1);
    assertThat(all("\\?\\?[a-z._]+\\?\\?| th:[a-z]+=|#\\{", html)).isEmpty();
  }

  @Test
  void saysThatALogIsEmptyAndWhetherItWillBe() throws Exception {
    assertThat(get("en/auto/operation-queued")).contains("data-empty=\"Nothing has been written yet.\"></pre>")
        .doesNotContain("Nothing was written.");
    assertThat(get("en/auto/operation-silent")).contains("Nothing was written.").doesNotContain("id=\"log\"");
    assertThat(get("de/auto/operation-silent")).contains("Es wurde nichts geschrieben.");
    assertThat(get("en/auto/operation-done")).doesNotContain("Nothing was written.");
  }

  @Test
  void offersToCancelWhatGoesOnAndTellsWhatACancelLeftBehind() throws Exception {
    assertThat(get("en/auto/operation")).contains("/operations/1/cancel").doesNotContain("/give-up");
    assertThat(get("en/auto/operation-waiting")).contains("/operations/1/cancel", "/operations/1/give-up");
    assertThat(get("en/auto/operation-done")).doesNotContain("/cancel");
    assertThat(get("de/auto/operation-silent")).contains("Abgebrochen nach", "user:s200001")
        .doesNotContain("/operations/1/cancel");
  }

  @ParameterizedTest
  @MethodSource("pages")
  void carriesNothingThatTheContentSecurityPolicyForbids(String page) throws Exception {
    String html = get(page);
    assertThat(all("<script(?![^>]* src=\"/)[^>]*>", html)).isEmpty();
    assertThat(all("<style[ >]", html)).isEmpty();
    assertThat(all("<[^>]+ style=", html)).isEmpty();
    assertThat(all("<[^>]+ on[a-z]+=", html)).isEmpty();
    assertThat(html).doesNotContain("<script>alert");
  }

  @ParameterizedTest
  @MethodSource("pages")
  void namesEveryInputAndPointsOnlyToWhatIsThere(String page) throws Exception {
    String html = get(page);
    var ids = all(" id=\"([^\"]+)\"", html);
    assertThat(ids).doesNotHaveDuplicates();
    assertThat(ids).containsAll(all(" for=\"([^\"]+)\"", html));
    assertThat(ids).containsAll(all(" aria-labelledby=\"([^\"]+)\"", html));
    assertThat(ids).containsAll(all(" aria-describedby=\"([^\"]+)\"", html));
    for (String input : all("<(?:input|select|textarea)((?![^>]*type=\"(?:hidden|radio|checkbox)\")[^>]*)>", html)) {
      String id = all(" id=\"([^\"]+)\"", input).getFirst();
      assertThat(html).as("label of " + id).contains("for=\"" + id + "\"");
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void usesOnlyIconsThatExist(String page) throws Exception {
    String sprite = fetch("/icons.svg");
    for (String icon : all("href=\"/icons\\.svg#([^\"]+)\"", get(page))) {
      assertThat(sprite).contains("<symbol id=\"" + icon + "\"");
    }
  }

  @Test
  void isTheSameAfterTheExpressionCompilerHasSetIn() throws Exception {
    String first = withoutTimes(get("en/auto/sites-full"));
    for (int i = 0; i < 110; i++) {
      get("en/auto/sites-empty");
      assertThat(withoutTimes(get("en/auto/sites-full"))).isEqualTo(first);
    }
  }

  @Test
  void isRenderedByThymeleafAloneAndWithTheExpressionCompiler() {
    assertThat(gallery.getBeansOfType(ViewResolver.class).values())
        .hasAtLeastOneElementOfType(ThymeleafViewResolver.class)
        .noneMatch(AbstractTemplateViewResolver.class::isInstance);
    for (String other : List.of("freemarker.template.Template", "gg.jte.TemplateEngine",
        "com.samskivert.mustache.Mustache",
        "groovy.text.markup.MarkupTemplateEngine")) {
      assertThat(getClass().getClassLoader().getResource(other.replace('.', '/') + ".class")).as(other).isNull();
    }
    assertThat(gallery.getBean(SpringTemplateEngine.class).getEnableSpringELCompiler()).isTrue();
  }

  @Test
  void linksToFilesThatCanBeCachedForEver() throws Exception {
    var files = all("(?:src|href)=\"(/(?:css|js|fonts|webjars)/[^\"]+)\"", get("en/auto/login"));
    assertThat(files).hasSizeGreaterThan(8);
    for (String file : files) {
      assertThat(file).matches(".*(-[0-9a-f]{32}\\.|/\\d+\\.\\d+\\.\\d+/).*");
      var answer = http.send(request(file), BodyHandlers.discarding());
      assertThat(answer.statusCode()).as(file).isEqualTo(200);
      assertThat(answer.headers().firstValue("Cache-Control")).hasValue("max-age=31536000");
    }
  }

  private static List<String> all(String pattern, String text) {
    return Pattern.compile(pattern).matcher(text).results().map(PagesTests::whatMatters).toList();
  }

  private static String whatMatters(MatchResult found) {
    return found.groupCount() == 0 ? found.group() : found.group(1);
  }

  private static String withoutTimes(String html) {
    return html.replaceAll("<time[^>]*>[^<]*</time>", "<time/>");
  }

  private String get(String page) throws IOException, InterruptedException {
    return fetch("/gallery/" + page);
  }

  private String fetch(String path) throws IOException, InterruptedException {
    var answer = http.send(request(path), BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(path).isEqualTo(200);
    return answer.body();
  }

  private HttpRequest request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + Gallery.port(gallery) + path)).build();
  }
}
