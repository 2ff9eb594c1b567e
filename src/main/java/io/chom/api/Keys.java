package io.chom.api;

import io.chom.accounts.Caller;
import org.jspecify.annotations.Nullable;

/** Idempotency keys as operations keep them: two callers of one tenant may choose the same. */
final class Keys {
  private Keys() {}

  static @Nullable String of(Caller caller, @Nullable String key) {
    return key == null ? null : caller.counted() + ":" + key;
  }
}
