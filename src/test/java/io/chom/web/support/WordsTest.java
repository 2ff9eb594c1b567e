package io.chom.web.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.context.support.ResourceBundleMessageSource;

class WordsTest {
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

  @ParameterizedTest
  @CsvSource({"PT2S,just now,gerade eben", "PT40S,40 sec. ago,vor 40 Sek.", "PT3M,3 min. ago,vor 3 Min.",
      "PT5H,5 hr. ago,vor 5 Std.", "PT24H,yesterday,gestern", "PT72H,3 days ago,vor 3 Tagen",
      "PT-40S,in 40 sec.,in 40 Sek.", "PT-25H,tomorrow,morgen"})
  void saysHowLongAgo(Duration before, String english, String german) {
    assertThat(in(Locale.ENGLISH).moment(NOW.minus(before)).relative()).isEqualTo(english);
    assertThat(in(Locale.GERMAN).moment(NOW.minus(before)).relative()).isEqualTo(german);
  }

  @Test
  void givesTheExactTimeWithItsZone() {
    assertThat(in(Locale.ENGLISH).moment(NOW).exact()).contains("2026").endsWith(" UTC");
    assertThat(in(Locale.ENGLISH).moment(NOW).iso()).isEqualTo("2026-03-01T12:00:00Z");
  }

  @ParameterizedTest
  @CsvSource({"0,0 MB,0 MB", "1023,'1,023 MB',1.023 MB", "1024,1 GB,1 GB", "1536,1.5 GB,'1,5 GB'",
      "102400,100 GB,100 GB", "1048627,'1,024 GB',1.024 GB", "1048650,'1,024.1 GB','1.024,1 GB'"})
  void givesAmountsWithTheirUnit(long megabytes, String english, String german) {
    assertThat(in(Locale.ENGLISH).megabytes(megabytes)).isEqualTo(english);
    assertThat(in(Locale.GERMAN).megabytes(megabytes)).isEqualTo(german);
  }

  @ParameterizedTest
  @CsvSource({"PT0.25S,250 ms", "PT42S,42 s", "PT95S,1 min 35 s", "PT3H5M,3 h 5 min"})
  void givesDurationsWithTheirUnit(Duration length, String text) {
    assertThat(in(Locale.ENGLISH).duration(length)).isEqualTo(text);
  }

  @Test
  void fallsBackToTheGivenSentence() {
    assertThat(in(Locale.GERMAN).sayOr("no.such.key", "as it came")).isEqualTo("as it came");
  }

  static Words in(Locale locale) {
    var messages = new ResourceBundleMessageSource();
    messages.setBasename("messages");
    messages.setDefaultEncoding("UTF-8");
    messages.setFallbackToSystemLocale(false);
    return new Words(messages, locale, NOW);
  }
}
