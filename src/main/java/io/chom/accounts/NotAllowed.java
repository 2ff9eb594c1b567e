package io.chom.accounts;

import io.chom.common.ChomException;

/** Somebody may see a thing, and may not do this with it. */
public class NotAllowed extends ChomException {
  public NotAllowed() {
    super("The role or the scopes of this token do not allow it. Ask an admin of the tenant for a token that may.",
        null);
  }

  @Override
  public String code() {
    return "FORBIDDEN";
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
