package io.chom.web.support;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.web.util.UriComponentsBuilder;

/** Builds the addresses of lists: their filters, and where they go on. */
public final class Addresses {
  private final UriComponentsBuilder list;
  private final @Nullable Object before;

  private Addresses(UriComponentsBuilder list, @Nullable Object before) {
    this.list = list;
    this.before = before;
  }

  public static Addresses of(String path, @Nullable Object before) {
    return new Addresses(UriComponentsBuilder.fromPath(path), before);
  }

  /** Keeps a filter in the address, unless it is empty. */
  public Addresses with(String name, @Nullable String value) {
    if (value != null && !value.isEmpty()) {
      list.queryParam(name, "{" + name + "}").uriVariables(Map.of(name, value));
    }
    return this;
  }

  /** The list as it is shown now. */
  public String here() {
    return before == null ? start() : at(before);
  }

  /**
   * Where a list goes on that was read with one more than {@code limit}.
   *
   * @param key what the next page starts after
   */
  public <T> Pager pager(List<T> read, int limit, Function<T, Object> key) {
    return new Pager(before == null ? null : start(), read.size() > limit ? at(key.apply(read.get(limit - 1))) : null);
  }

  private String start() {
    return list.cloneBuilder().encode().build().toUriString();
  }

  private String at(Object key) {
    return list.cloneBuilder().queryParam("before", key).encode().build().toUriString();
  }
}
