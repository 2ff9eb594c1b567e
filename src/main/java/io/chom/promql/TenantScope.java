package io.chom.promql;

import io.chom.promql.Expr.Matcher;
import io.chom.promql.Expr.Selector;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.regex.Pattern;

/**
 * The labels that every series of an answer must carry: the tenant's, and those that narrow a page to one server or site.
 * They are written into the text of the expression, at each selector that the parser found, and the result is read again.
 */
public final class TenantScope {
  /** The label that says whose a series is; only the panel sets it. */
  public static final String LABEL = "tenant_id";
  private static final Pattern LABEL_NAME = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");

  private final SequencedMap<String, String> labels;

  private TenantScope(SequencedMap<String, String> labels) {
    this.labels = labels;
  }

  /** All series of this tenant and no other's. */
  public static TenantScope of(String tenant) {
    return new TenantScope(new LinkedHashMap<>()).with(LABEL, tenant);
  }

  /** The same, narrowed further. The tenant cannot be set anew. */
  public TenantScope and(String label, String value) {
    if (labels.containsKey(label)) {
      throw new IllegalArgumentException(label + " is set already");
    }
    return with(label, value);
  }

  // an empty value would match every series that lacks the label
  private TenantScope with(String label, String value) {
    if (value.isBlank()) {
      throw new IllegalArgumentException(label + " is blank");
    }
    if (!LABEL_NAME.matcher(label).matches() || label.equals(Selectors.NAME)) {
      throw new IllegalArgumentException("\"" + label + "\" cannot be a label of a scope");
    }
    if (value.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
      throw new IllegalArgumentException(label + " is not valid text");
    }
    var more = new LinkedHashMap<>(labels);
    more.put(label, value);
    return new TenantScope(more);
  }

  /** The selector of everything in this scope, for questions about names and labels. */
  public String selector() {
    return "{" + matchers() + "}";
  }

  /** The expression with every selector narrowed to this scope; refuses one that cannot be understood. */
  public String apply(String expression) {
    Query query = Promql.parse(expression);
    var scoped = new StringBuilder(expression.length() + 128);
    String matchers = matchers();
    int copied = 0;
    for (Selector selector : query.selectors()) {
      boolean braces = selector.brace() >= 0;
      int place = braces ? selector.brace() + 1 : selector.end();
      scoped.append(expression, copied, place).append(braces ? "" : "{").append(matchers)
          .append(!braces ? "}" : selector.matchers().isEmpty() ? "" : ",");
      copied = place;
    }
    String text = scoped.append(expression, copied, expression.length()).toString();
    prove(query, Parser.parse(text));
    return text;
  }

  /** As {@link #apply}, for the client to ask. */
  public TenantQuery query(String expression) {
    return new TenantQuery(apply(expression), Promql.parse(expression).type());
  }

  private String matchers() {
    var text = new StringBuilder();
    labels.forEach((label, value) -> text.append(text.isEmpty() ? "" : ",").append(label).append('=')
        .append(Strings.quoted(value)));
    return text.toString();
  }

  private void prove(Query before, Query after) {
    List<Matcher> ours = labels.entrySet().stream().map(one -> new Matcher(one.getKey(), "=", one.getValue())).toList();
    boolean kept = before.selectors().size() == after.selectors().size();
    for (int i = 0; kept && i < after.selectors().size(); i++) {
      var found = after.selectors().get(i).matchers();
      kept = found.size() >= ours.size() && found.subList(0, ours.size()).equals(ours)
          && found.subList(ours.size(), found.size()).equals(before.selectors().get(i).matchers());
    }
    if (!kept) {
      throw new IllegalStateException("A selector of this expression would not be scoped: " + before.text());
    }
  }
}
