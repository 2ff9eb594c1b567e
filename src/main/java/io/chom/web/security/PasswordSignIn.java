package io.chom.web.security;

import io.chom.accounts.Access;
import io.chom.accounts.Accounts;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.authentication.WebAuthenticationDetails;
import org.springframework.stereotype.Component;

/** The login form's question, answered by the room accounts. */
@Component
class PasswordSignIn implements AuthenticationProvider {
  private final Accounts accounts;
  private final Access access;

  PasswordSignIn(Accounts accounts, Access access) {
    this.accounts = accounts;
    this.access = access;
  }

  @Override
  public Authentication authenticate(Authentication asked) {
    var address = asked.getDetails() instanceof WebAuthenticationDetails details ? details.getRemoteAddress() : "";
    return accounts.signIn(asked.getName(), String.valueOf(asked.getCredentials()), address)
        .flatMap(user -> access.caller(user, null)).map(PanelAuthentication::new)
        .orElseThrow(() -> new BadCredentialsException("E-mail address or password is wrong"));
  }

  @Override
  public boolean supports(Class<?> type) {
    return UsernamePasswordAuthenticationToken.class.isAssignableFrom(type);
  }
}
