package io.chom.web.security;

import io.chom.accounts.Access;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Locale;
import org.springframework.http.HttpHeaders;
import org.springframework.security.core.context.DeferredSecurityContext;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.core.context.SecurityContextImpl;
import org.springframework.security.web.context.HttpRequestResponseHolder;
import org.springframework.security.web.context.SecurityContextRepository;
import org.springframework.stereotype.Component;

/** Who calls the API: the token's person; without a token, whoever is signed in in the browser. Nothing is kept. */
@Component
class BearerTokens implements SecurityContextRepository {
  private static final String SCHEME = "bearer ";
  private static final int LONGEST = 300;

  private final Access access;
  private final SignedInSessions sessions;

  BearerTokens(Access access, SignedInSessions sessions) {
    this.access = access;
    this.sessions = sessions;
  }

  @Override
  @Deprecated
  public SecurityContext loadContext(HttpRequestResponseHolder holder) {
    return loadDeferredContext(holder.getRequest()).get();
  }

  @Override
  public DeferredSecurityContext loadDeferredContext(HttpServletRequest request) {
    var header = request.getHeader(HttpHeaders.AUTHORIZATION);
    return header == null ? sessions.loadDeferredContext(request) : new Known(context(header), false);
  }

  private SecurityContext context(String header) {
    if (header.length() > LONGEST || !header.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
      return SecurityContextHolder.createEmptyContext();
    }
    return access.caller(header.substring(SCHEME.length()).strip())
        .<SecurityContext>map(caller -> new SecurityContextImpl(new PanelAuthentication(caller)))
        .orElseGet(SecurityContextHolder::createEmptyContext);
  }

  @Override
  public void saveContext(SecurityContext context, HttpServletRequest request, HttpServletResponse response) {}

  /** Also of a session: or each call of a page would count as a new login, and take the page's form token from it. */
  @Override
  public boolean containsContext(HttpServletRequest request) {
    return request.getHeader(HttpHeaders.AUTHORIZATION) != null || sessions.containsContext(request);
  }

  private record Known(SecurityContext get, boolean isGenerated) implements DeferredSecurityContext {}
}
