package io.chom.promql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.chom.promql.Vectors.Vector;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What Prometheus says about 2,779 expressions, CHOM says too. */
class VectorsTests {
  private static final TenantScope ACME = TenantScope.of("A");

  @Test
  void everyValidExpressionIsScopedAtEachOfItsSelectors() {
    var vectors = Vectors.with("scope");
    var wrong = new ArrayList<String>();
    for (Vector vector : vectors) {
      try {
        var scoped = Promql.parse(ACME.apply(vector.expr()));
        if (scoped.selectors().size() != vector.selectors()) {
          wrong.add(vector + " has " + scoped.selectors().size() + " selectors, not " + vector.selectors());
        }
        if (!scoped.selectors().stream().allMatch(VectorsTests::isOfAcme)) {
          wrong.add(vector + " became " + scoped.text());
        }
      } catch (PromqlRefused refused) {
        wrong.add(vector + " was refused: " + refused.getMessage());
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(vectors).hasSizeGreaterThan(2_000);
  }

  private static boolean isOfAcme(Expr.Selector selector) {
    return selector.matchers().contains(new Expr.Matcher("tenant_id", "=", "A"));
  }

  @Test
  void everyInvalidExpressionIsRefusedWithPlaceAndReason() {
    var vectors = Vectors.with("reject");
    var accepted = new ArrayList<Vector>();
    for (Vector vector : vectors) {
      switch (catchThrowable(() -> ACME.apply(vector.expr()))) {
        case PromqlRefused refused -> {
          assertThat(refused.position()).isBetween(0, vector.expr().length());
          assertThat(List.of(refused.reason(), refused.advice())).noneMatch(String::isBlank);
        }
        case null, default -> accepted.add(vector);
      }
    }
    assertThat(accepted).isEmpty();
    assertThat(vectors).hasSizeGreaterThan(200);
  }

  @Test
  void experimentsAreRefusedOrScopedWholly() {
    var vectors = Vectors.with("may_reject");
    for (Vector vector : vectors) {
      try {
        var scoped = Promql.parse(ACME.apply(vector.expr()));
        assertThat(scoped.selectors()).as(vector.toString()).hasSize(vector.selectors())
            .allMatch(VectorsTests::isOfAcme);
      } catch (PromqlRefused refused) {
        assertThat(refused.code()).isEqualTo("PROMQL_REFUSED");
      }
    }
    assertThat(vectors).hasSizeGreaterThan(300);
  }
}
