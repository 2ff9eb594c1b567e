package io.chom.tenancy;

import io.chom.common.ChomException;
import org.jspecify.annotations.Nullable;

/** A database setting that CHOM will not start with; the message names the setting and what to do. */
public final class BadDatabaseSetting extends ChomException {
  BadDatabaseSetting(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public boolean retryable() {
    return false;
  }

  @Override
  public String code() {
    return "BAD_SETTING";
  }
}
