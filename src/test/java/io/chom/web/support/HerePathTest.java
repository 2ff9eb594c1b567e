package io.chom.web.support;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HerePathTest {
  @ParameterizedTest
  @ValueSource(strings = {"/", "/sites", "/sites?q=shop%20a&status=ACTIVE",
      "/operations/0199c0de-0000-7000-8000-000000000001"})
  void leadsBackToWhereTheReaderWas(String path) {
    assertThat(HerePath.of(path)).isEqualTo(path);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)",
      "sites",
      "/sites\r\nSet-Cookie: a=b", "/\tx", " /sites"})
  void neverLeadsElsewhere(String path) {
    assertThat(HerePath.of(path)).isEqualTo("/");
  }
}
