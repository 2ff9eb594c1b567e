package io.chom.accounts;

import io.chom.common.ChomException;
import java.util.UUID;

/** The tenant has no such token that could still be revoked. */
public class TokenNotFound extends ChomException {
  public TokenNotFound(UUID token) {
    super("No token " + token, null);
  }

  @Override
  public String code() {
    return "TOKEN_NOT_FOUND";
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
