package io.chom.web.security;

import io.chom.accounts.Accounts;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.authentication.logout.LogoutHandler;

/** Ends the session in the database too, before it is deleted: Redis may be away, and other nodes keep copies. */
final class SignOut implements LogoutHandler {
  private final Accounts accounts;

  SignOut(Accounts accounts) {
    this.accounts = accounts;
  }

  @Override
  public void logout(HttpServletRequest request, HttpServletResponse response,
      @Nullable Authentication authentication) {
    var session = request.getSession(false);
    if (session != null && authentication instanceof PanelAuthentication panel) {
      accounts.endSession(panel.getPrincipal().user().userId(), session.getId());
    }
  }
}
