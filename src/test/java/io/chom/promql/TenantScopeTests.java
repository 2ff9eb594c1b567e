package io.chom.promql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No expression reads a series of another tenant. */
class TenantScopeTests {
  private static final TenantScope ACME = TenantScope.of("A");

  @Test
  void everyFormOfASelectorIsScoped() {
    Map.of("up", "up{tenant_id=\"A\"}", //
        "up {}", "up {tenant_id=\"A\"}", //
        "{__name__=\"up\"}", "{tenant_id=\"A\",__name__=\"up\"}", //
        "up{ # a } here\n job='x', }", "up{tenant_id=\"A\", # a } here\n job='x', }", //
        "{'a.b'}[5m] offset -1m @ end()", "{tenant_id=\"A\",'a.b'}[5m] offset -1m @ end()", //
        "sum(sum) by (by)", "sum(sum{tenant_id=\"A\"}) by (by)", //
        "topk(scalar(max(m)), a)[5m:] # b", "topk(scalar(max(m{tenant_id=\"A\"})), a{tenant_id=\"A\"})[5m:] # b", //
        "label_replace(up, 'tenant_id', 'B', '', '')", "label_replace(up{tenant_id=\"A\"}, 'tenant_id', 'B', '', '')", //
        "quantile(scalar(q), a) or b", "quantile(scalar(q{tenant_id=\"A\"}), a{tenant_id=\"A\"}) or b{tenant_id=\"A\"}")
        .forEach((raw, scoped) -> assertThat(ACME.apply(raw)).isEqualTo(scoped));
  }

  @Test
  void oneNameInStringsAndCommentsIsLeftAlone() {
    String text = "label_replace(up{a=`} up{`}, \"up\", \"{up}\", 'a', \"\\\"up\") # up{}";
    assertThat(ACME.apply(text)).isEqualTo(text.replace("(up{", "(up{tenant_id=\"A\","));
  }

  @ParameterizedTest
  @ValueSource(strings = {"up{tenant_id=\"B\"}", "up{tenant_id=~\".*\"}", "up{tenant_id!=\"A\"}",
      "{'tenant_id'=~'.+'}"})
  void aMatcherOfTheUsersStandsBesideTheTenants(String text) {
    var matchers = Promql.parse(ACME.apply(text)).selectors().getFirst().matchers();
    assertThat(matchers).hasSizeGreaterThan(1).startsWith(new Expr.Matcher("tenant_id", "=", "A"))
        .containsAll(Promql.parse(text).selectors().getFirst().matchers());
  }

  @Test
  void aScopeIsNarrowedByMoreLabels() {
    var narrow = ACME.and("site_id", "7").and("server", "a\"b\\c\nd");
    assertThat(narrow.apply("up + up{a='b'}"))
        .isEqualTo("up{tenant_id=\"A\",site_id=\"7\",server=\"a\\\"b\\\\c\\u000ad\"}"
            + " + up{tenant_id=\"A\",site_id=\"7\",server=\"a\\\"b\\\\c\\u000ad\",a='b'}");
    assertThat(narrow.selector()).startsWith("{tenant_id=\"A\",site_id=").endsWith("}");
    assertThat(ACME.apply("up")).doesNotContain("site_id");
  }

  @Test
  void aScopeWithoutATenantCannotBeMade() {
    for (String tenant : List.of("", " ", "\t\n", "\ud800")) {
      assertThatIllegalArgumentException().isThrownBy(() -> TenantScope.of(tenant));
    }
    assertThatIllegalArgumentException().isThrownBy(() -> ACME.and("tenant_id", "B"));
    assertThatIllegalArgumentException().isThrownBy(() -> ACME.and("site_id", ""));
    assertThatIllegalArgumentException().isThrownBy(() -> ACME.and("__name__", "x"));
    assertThatIllegalArgumentException().isThrownBy(() -> ACME.and("a\"} or {b", "x"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{x!=\"a\"}", "info(up)", "info(up, {a='b'})", "limitk(1, up)", "up smoothed",
      "a + fill(0) b", "up[5m + 5m]", "sort_by_label(up, 'a')", "up} or {x='y'", "", "# up"})
  void whatWouldBecomeValidOrEscapeByScopingIsRefused(String text) {
    assertThatExceptionOfType(PromqlRefused.class).isThrownBy(() -> ACME.apply(text));
  }
}
