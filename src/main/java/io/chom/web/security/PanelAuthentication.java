package io.chom.web.security;

import io.chom.accounts.Caller;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.AbstractAuthenticationToken;

/** A request whose maker is known. It carries no authorities: {@link io.chom.accounts.Access} decides each time. */
final class PanelAuthentication extends AbstractAuthenticationToken {
  private static final long serialVersionUID = 1L;

  private final transient Caller caller;

  PanelAuthentication(Caller caller) {
    super(List.of());
    this.caller = caller;
    setAuthenticated(true);
  }

  @Override
  public Caller getPrincipal() { return caller; }

  @Override
  public String getCredentials() { return ""; }

  @Override
  public String getName() { return caller.user().email(); }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof PanelAuthentication that && caller.equals(that.caller);
  }

  @Override
  public int hashCode() {
    return caller.hashCode();
  }
}
