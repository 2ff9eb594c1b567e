package io.chom.web.security;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.security.web.csrf.CsrfTokenRepository;
import org.springframework.security.web.csrf.DefaultCsrfToken;

/** One token per session, kept there as text. */
final class SessionCsrfTokens implements CsrfTokenRepository {
  private static final SecureRandom RANDOM = new SecureRandom();

  @Override
  public CsrfToken generateToken(HttpServletRequest request) {
    var bytes = new byte[32];
    RANDOM.nextBytes(bytes);
    return token(HexFormat.of().formatHex(bytes));
  }

  @Override
  public void saveToken(@Nullable CsrfToken token, HttpServletRequest request, HttpServletResponse response) {
    if (token != null) {
      request.getSession().setAttribute(SessionKeys.CSRF, token.getToken());
    } else if (request.getSession(false) != null) {
      request.getSession(false).removeAttribute(SessionKeys.CSRF);
    }
  }

  @Override
  public @Nullable CsrfToken loadToken(HttpServletRequest request) {
    var session = request.getSession(false);
    return session != null && session.getAttribute(SessionKeys.CSRF) instanceof String text ? token(text) : null;
  }

  private static CsrfToken token(String text) {
    return new DefaultCsrfToken("X-CSRF-TOKEN", "_csrf", text);
  }
}
