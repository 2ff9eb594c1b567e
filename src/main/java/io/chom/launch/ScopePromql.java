package io.chom.launch;

import io.chom.promql.PromqlRefused;
import io.chom.promql.TenantScope;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The word promql-scope: shows what CHOM would ask Prometheus for a tenant. Needs neither panel nor settings. */
final class ScopePromql {
  static final String NAME = "promql-scope";

  private ScopePromql() {}

  /** Scopes the expression that was typed, or each line of the input; 1 where one was refused. */
  static int run(List<String> typed, InputStream in, PrintStream out, PrintStream err) {
    var rest = new ArrayList<>(typed);
    var scope = TenantScope.of(tenant(rest));
    if (rest.size() > 1) {
      throw new Words.Mistake("put the expression into quotes, so that it is one word");
    }
    if (!rest.isEmpty()) {
      return one(scope, rest.getFirst(), out, err);
    }
    return lines(scope, in, out);
  }

  // --tenant=A and --tenant A, before the expression or behind it
  private static String tenant(List<String> rest) {
    int at = -1;
    for (int i = 0; i < rest.size() && at < 0; i++) {
      at = rest.get(i).startsWith("--tenant=") || rest.get(i).equals("--tenant") ? i : -1;
    }
    if (at < 0) {
      throw new Words.Mistake("promql-scope needs a tenant: --tenant=…");
    }
    String option = rest.remove(at);
    String tenant = option.contains("=")
        ? option.substring(option.indexOf('=') + 1)
        : at < rest.size() ? rest.remove(at) : "";
    if (tenant.isBlank()) {
      throw new Words.Mistake("--tenant needs a value: --tenant=…");
    }
    return tenant;
  }

  private static int one(TenantScope scope, String expression, PrintStream out, PrintStream err) {
    try {
      out.println(scope.apply(expression));
      return 0;
    } catch (PromqlRefused refused) {
      err.println("error: " + refused.getMessage());
      err.println(expression.lines().skip(refused.line() - 1L).findFirst().orElse(""));
      err.println(" ".repeat(refused.column() - 1) + "^");
      return 1;
    }
  }

  private static int lines(TenantScope scope, InputStream in, PrintStream out) {
    int exit = 0;
    try {
      var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        try {
          out.println(scope.apply(line));
        } catch (PromqlRefused refused) {
          out.println("error: " + refused.getMessage());
          exit = 1;
        }
      }
      return exit;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
