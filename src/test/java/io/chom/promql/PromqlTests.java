package io.chom.promql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an expression is, and where a wrong one goes wrong. */
class PromqlTests {
  private static PromqlRefused refusal(String text) {
    return assertThatExceptionOfType(PromqlRefused.class).as(text).isThrownBy(() -> Promql.parse(text)).actual();
  }

  @Test
  void saysWhatAnExpressionAnswersAndReads() {
    var query = Promql.parse("sum by (job) (rate(requests_total{status=\"500\"}[5m])) / on(job) {\"up.time\"}");
    assertThat(query.type()).isEqualTo(ValueType.VECTOR);
    assertThat(query.metrics()).containsExactly("requests_total", "up.time");
    assertThat(query.functions()).containsExactly("rate", "sum");
    assertThat(Promql.parse("up[5m]").type()).isEqualTo(ValueType.RANGE);
    assertThat(Promql.parse("rate(up[5m])[1h:]").type()).isEqualTo(ValueType.RANGE);
    assertThat(Promql.parse("2 ^ -scalar(up) > bool 1").type()).isEqualTo(ValueType.SCALAR);
    assertThat(Promql.parse("'text'").type()).isEqualTo(ValueType.STRING);
    assertThat(Promql.functions()).contains("rate", "topk", "label_replace").doesNotContain("info", "limitk");
  }

  @Test
  void aRefusalNamesLineColumnReasonAndWhatToDo() {
    var refused = refusal("sum(\n  rate(😀_total[5m]))");
    assertThat(refused.line()).isEqualTo(2);
    assertThat(refused.column()).isEqualTo(8);
    assertThat(refused.position()).isEqualTo(12);
    assertThat(refused.reason()).contains("😀");
    assertThat(refused.advice()).isNotBlank();
    assertThat(refused).hasMessageStartingWith("line 2, column 8: ").extracting(PromqlRefused::retryable)
        .isEqualTo(false);
    assertThat(refusal("sum(up, up").position()).isEqualTo(10);
    assertThat(refusal("rate(up)").getMessage()).contains("[5m]");
    assertThat(refusal("info(up)").reason()).contains("info()");
    assertThat(refusal("limitk(1, up)").reason()).contains("experiment");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{x!=\"a\"}", "{x=~\".*\"}", "{x=~\"a|\"}", "{x=~\"(a*)(b?)\"}", "{x=~\"a{0,3}\"}",
      "{x=~\"(?i)\"}", "{x=~\"^$\"}", "{x!~\".+\"}", "{x!~\"[]a]\"}", "{x=\"\"}", "{\"\"}", "{x=~\"(?i:a)*\"}"})
  void everySeriesOfATenantCannotBeChosen(String text) {
    assertThat(refusal(text).reason()).contains("every series");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{x=~\".+\"}", "{x=~\"a\"}", "{x=~\"(a|b)+\"}", "{x=~\"[)]\"}", "{x=~\"\\\\Qa*\\\\E\"}",
      "{x=~\"a{2}\"}", "{x=~\"(?P<n>a)\"}", "{x!~\".*\"}", "{x=~\"\\\\p{L}\"}", "{x=~\"[[:alpha:]|]\"}", "{x!=\"\"}"})
  void oneLabelThatIsNotEmptyIsEnough(String text) {
    assertThat(Promql.parse(text).selectors()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sum", "by", "offset", "start", "end", "topk + without", "and and and", "rate", ":a:b",
      "info", "limitk", "sum offset 5m", "count_values[5m]", "UP{Job='x',}", "sum without (sum, by, bool) (on:x)"})
  void keywordsMayBeNames(String text) {
    assertThat(Promql.parse(text).selectors()).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"bool", "on", "group_left", "nan{a='b'}", "a\u00a0+ b", "a \u000b", "a\f", "up[5m] offset",
      "up{a='\ud800'}", "up @ nan", "up[1e400]", ".5m", "up[.5m]", "1__0", "0x", "1e999", "topk(up, 1)", "scalar(1)",
      "'a' + 1",
      "sum by (a:b) (x)", "a + on(x) group_left(x) b", "a and bool b", "up{a='\\x'}", "up{a='\\ud800'}", "a # \r b"})
  void whatPrometheusRefusesIsRefused(String text) {
    refusal(text);
  }

  @Test
  void lengthAndDepthHaveTheirBounds() {
    assertThat(Promql.parse("a" + " ".repeat(Promql.LONGEST - 1)).selectors()).hasSize(1);
    assertThat(refusal(" ".repeat(Promql.LONGEST + 1)).reason()).contains("8192");
    assertThat(Promql.parse("(".repeat(200) + "a" + ")".repeat(200)).selectors()).hasSize(1);
    assertThat(Promql.parse("a+".repeat(4_000) + "a").selectors()).hasSize(4_001);
    for (String deep : List.of("(", "-", "abs(", "sum(", "a^", "a+(", "sum by (x) (", "topk(1,")) {
      assertThat(refusal(deep.repeat(600)).reason()).as(deep).contains("nested");
    }
  }
}
