package io.chom.api;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.web.servlet.support.ServletUriComponentsBuilder;

/**
 * A page of a list.
 *
 * @param next the address of the page after this one; null at the end
 */
record Page<T>(List<T> items, @Nullable String next) {
  static final int MOST = 100;

  /** A page's size within its bounds. */
  static int size(int wanted) {
    return Math.clamp(wanted, 1, MOST);
  }

  /**
   * Makes a page of what was read with one more than {@code limit}.
   *
   * @param key what the next page starts after
   */
  static <S, T> Page<T> of(List<S> read, int limit, Function<S, Object> key, Function<S, T> view) {
    boolean more = read.size() > limit;
    var shown = more ? read.subList(0, limit) : read;
    String next = more
        ? ServletUriComponentsBuilder.fromCurrentRequest().scheme(null).host(null).port(null)
            .replaceQueryParam("before", key.apply(shown.getLast())).build().toUriString()
        : null;
    return new Page<>(shown.stream().map(view).toList(), next);
  }
}
