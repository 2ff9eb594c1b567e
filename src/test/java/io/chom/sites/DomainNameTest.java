package io.chom.sites;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.sites.SiteRefused.Reason;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class DomainNameTest {
  private static final String LABEL_63 = "a".repeat(63);

  @ParameterizedTest
  @CsvSource({"shop.example,shop.example", "SHOP.Example,shop.example", "shop.example.,shop.example",
      "' shop.example ',shop.example", "bücher.example,xn--bcher-kva.example",
      "БЪЛГАРИЯ.example,xn--80abgvm6a7d2b.example",
      "xn--bcher-kva.example,xn--bcher-kva.example", "a-b.c1.example,a-b.c1.example", "1.example,1.example"})
  void bringsEverySpellingOfANameToOneForm(String typed, String name) {
    assertThat(DomainName.parse(typed).value()).isEqualTo(name);
  }

  @Test
  void takesTheLongestNameThereMayBe() {
    String longest = String.join(".", LABEL_63, LABEL_63, LABEL_63, "b".repeat(61));
    assertThat(longest).hasSize(253);
    assertThat(DomainName.parse(longest).value()).isEqualTo(longest);
  }

  static Stream<Arguments> names() {
    return Stream.of(Arguments.of("", Reason.DOMAIN_EMPTY), Arguments.of("  ", Reason.DOMAIN_EMPTY),
        Arguments.of("*.shop.example", Reason.DOMAIN_WILDCARD), Arguments.of("shop", Reason.DOMAIN_ONE_LABEL),
        Arguments.of("localhost", Reason.DOMAIN_RESERVED), Arguments.of("shop.localhost", Reason.DOMAIN_RESERVED),
        Arguments.of("printer.local", Reason.DOMAIN_RESERVED), Arguments.of("192.0.2.7", Reason.DOMAIN_IS_ADDRESS),
        Arguments.of("-shop.example", Reason.DOMAIN_CHARACTERS),
        Arguments.of("shop-.example", Reason.DOMAIN_CHARACTERS),
        Arguments.of("sh_op.example", Reason.DOMAIN_CHARACTERS),
        Arguments.of("shop..example", Reason.DOMAIN_CHARACTERS),
        Arguments.of(".shop.example", Reason.DOMAIN_CHARACTERS),
        Arguments.of("shop.example..", Reason.DOMAIN_CHARACTERS),
        Arguments.of("shop.example/x", Reason.DOMAIN_CHARACTERS),
        Arguments.of("shop.exa mple", Reason.DOMAIN_CHARACTERS),
        Arguments.of("shop.example\nserver_name x", Reason.DOMAIN_CHARACTERS),
        Arguments.of("shop.example\u0000", Reason.DOMAIN_CHARACTERS),
        Arguments.of("shop;id.example", Reason.DOMAIN_CHARACTERS),
        Arguments.of("$(id).example", Reason.DOMAIN_CHARACTERS),
        Arguments.of("http://shop.example", Reason.DOMAIN_CHARACTERS),
        Arguments.of(LABEL_63 + "a.example", Reason.DOMAIN_LABEL_TOO_LONG),
        Arguments.of(String.join(".", LABEL_63, LABEL_63, LABEL_63, "b".repeat(62)), Reason.DOMAIN_TOO_LONG),
        Arguments.of("a".repeat(65_536), Reason.DOMAIN_TOO_LONG));
  }

  @ParameterizedTest
  @MethodSource("names")
  void saysWhyANameCannotBeASite(String typed, Reason reason) {
    assertThatThrownBy(() -> DomainName.parse(typed)).isInstanceOfSatisfying(SiteRefused.class,
        refused -> assertThat(refused.reason()).isEqualTo(reason));
  }

  @ParameterizedTest
  @MethodSource("fullStops")
  void readsTheFullStopsOfOtherScriptsAsDots(String typed) {
    assertThat(DomainName.parse(typed).value()).isEqualTo("shop.example");
  }

  static Stream<String> fullStops() {
    return Stream.of("shop\u3002example", "shop\uff0eexample", "ｓｈｏｐ.example");
  }
}
