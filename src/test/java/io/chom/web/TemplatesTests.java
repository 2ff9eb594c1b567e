package io.chom.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.MessageFormat;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What can be said about templates and sentences by reading them. */
class TemplatesTests {
  private static final Path TEMPLATES = Path.of("src/main/resources/templates");
  private static final Pattern KEY = Pattern.compile("#\\{([a-zA-Z0-9._-]+)");

  static List<Path> templates() throws IOException {
    try (var files = Files.walk(TEMPLATES)) {
      return files.filter(file -> file.toString().endsWith(".html")).toList();
    }
  }

  @ParameterizedTest
  @MethodSource("templates")
  void hasNoInlineScriptOrStyle(Path template) throws IOException {
    String text = Files.readString(template);
    assertThat(text).doesNotContainPattern("<script(?![^>]*(th:)?src=)");
    assertThat(text).doesNotContainPattern("<style|\\s(th:)?style=|\\s(th:)?on[a-z]+=|javascript:|hx-on");
  }

  @ParameterizedTest
  @MethodSource("templates")
  void escapesEverythingItShows(Path template) throws IOException {
    assertThat(Files.readString(template)).doesNotContain("th:utext", "[(");
  }

  @ParameterizedTest
  @MethodSource("templates")
  void doesNotDecideAndIncludeOnOneElement(Path template) throws IOException {
    // inclusion is carried out first, so the condition would be lost
    assertThat(Files.readString(template))
        .doesNotContainPattern("<[^>]*th:(if|unless)=[^>]*th:replace=|<[^>]*th:replace=[^>]*th:(if|unless)=");
  }

  @Test
  void haveASentenceForEachKeyTheyUse() throws IOException {
    Set<String> missing = new TreeSet<>();
    for (var template : templates()) {
      KEY.matcher(Files.readString(template)).results().forEach(key -> missing.add(key.group(1)));
    }
    missing.removeAll(sentences("messages.properties").stringPropertyNames());
    assertThat(missing).isEmpty();
  }

  @Test
  void everySentenceIsThereInBothLanguagesWithTheSameBlanks() {
    var english = sentences("messages.properties");
    var german = sentences("messages_de.properties");
    assertThat(german.stringPropertyNames()).isEqualTo(english.stringPropertyNames());
    for (String key : english.stringPropertyNames()) {
      assertThat(blanks(german, key, Locale.GERMAN)).as(key).isEqualTo(blanks(english, key, Locale.ENGLISH));
      // a plain apostrophe would swallow a blank
      assertThat(english.getProperty(key) + german.getProperty(key)).as(key).doesNotContain("'").isNotBlank();
    }
  }

  private static int blanks(Properties sentences, String key, Locale locale) {
    return new MessageFormat(sentences.getProperty(key), locale).getFormatsByArgumentIndex().length;
  }

  private static Properties sentences(String file) {
    var sentences = new Properties();
    try (var in = TemplatesTests.class.getClassLoader().getResourceAsStream(file)) {
      sentences.load(new InputStreamReader(in, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return sentences;
  }
}
