package io.chom.secrets;

import io.chom.common.ChomException;
import org.jspecify.annotations.Nullable;

/** A sealed secret does not open here. */
public class SecretUnreadable extends ChomException {
  SecretUnreadable(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public String code() {
    return "SECRET_UNREADABLE";
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
