package io.chom.promql;

/**
 * An expression that reads one tenant's series and no others. Only a {@link TenantScope} makes one, and the client asks
 * nothing else, so that nobody can ask without a scope.
 */
public final class TenantQuery {
  private final String text;
  private final ValueType type;

  TenantQuery(String text, ValueType type) {
    this.text = text;
    this.type = type;
  }

  /** As Prometheus is asked. */
  public String text() {
    return text;
  }

  /** What it answers. Only a number or a vector can be asked over a time. */
  public ValueType type() {
    return type;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TenantQuery query && query.text.equals(text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
