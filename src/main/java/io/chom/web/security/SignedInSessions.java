package io.chom.web.security;

import io.chom.accounts.Access;
import io.chom.accounts.Caller;
import io.chom.accounts.SignedIn;
import io.chom.accounts.TenantName;
import io.chom.common.UserId;
import io.chom.tenancy.TenantId;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.security.core.context.DeferredSecurityContext;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.core.context.SecurityContextImpl;
import org.springframework.security.web.context.HttpRequestResponseHolder;
import org.springframework.security.web.context.SecurityContextRepository;
import org.springframework.stereotype.Component;

/**
 * Keeps in the session who is signed in. What they may do, and whether they still exist, is asked anew with every
 * request ({@link Access} believes nothing longer than five seconds).
 */
@Component
class SignedInSessions implements SecurityContextRepository {
  private final Access access;

  SignedInSessions(Access access) {
    this.access = access;
  }

  @Override
  @Deprecated
  public SecurityContext loadContext(HttpRequestResponseHolder holder) {
    return context(holder.getRequest());
  }

  @Override
  public DeferredSecurityContext loadDeferredContext(HttpServletRequest request) {
    return new Deferred(request);
  }

  @Override
  public void saveContext(SecurityContext context, HttpServletRequest request, HttpServletResponse response) {
    if (context.getAuthentication() instanceof PanelAuthentication authentication) {
      var user = authentication.getPrincipal().user();
      var session = request.getSession();
      if (!user.userId().toString().equals(session.getAttribute(SessionKeys.USER))) {
        session.removeAttribute(SessionKeys.TENANT);
      }
      session.setAttribute(SessionKeys.USER, user.userId().toString());
      session.setAttribute(SessionKeys.EMAIL, user.email());
      session.setAttribute(SessionKeys.NAME, user.name());
      access.stamp(user.userId()).ifPresent(stamp -> session.setAttribute(SessionKeys.STAMP, stamp));
    } else if (request.getSession(false) != null) {
      request.getSession(false).removeAttribute(SessionKeys.USER);
    }
  }

  @Override
  public boolean containsContext(HttpServletRequest request) {
    return request.getSession(false) != null && request.getSession(false).getAttribute(SessionKeys.USER) != null;
  }

  private SecurityContext context(HttpServletRequest request) {
    return Optional.ofNullable(request.getSession(false)).flatMap(session -> caller(session, request))
        .<SecurityContext>map(caller -> new SecurityContextImpl(new PanelAuthentication(caller)))
        .orElseGet(SecurityContextHolder::createEmptyContext);
  }

  private Optional<Caller> caller(HttpSession session, HttpServletRequest request) {
    var id = text(session, SessionKeys.USER);
    if (id.isEmpty()) {
      return Optional.empty();
    }
    var user = new SignedIn(new UserId(UUID.fromString(id)), text(session, SessionKeys.EMAIL),
        text(session, SessionKeys.NAME), false);
    if (access.hasEnded(user.userId(), session.getId())) {
      // a copy that outlived its end, because Redis was away then
      session.removeAttribute(SessionKeys.USER);
      return Optional.empty();
    }
    return access.stamp(user.userId()).filter(stamp -> stamp.equals(text(session, SessionKeys.STAMP)))
        .flatMap(_ -> access.caller(user, place(session, user, request)));
  }

  /**
   * The tenant the session works for: the chosen one, or the first the person belongs to, from then on. When it was
   * taken from them, only a page loaded whole moves on to another, because it shows which: a form or a stream of an
   * older page would act in a tenant nobody looked at, so it acts in none.
   */
  private TenantId place(HttpSession session, SignedIn user, HttpServletRequest request) {
    var reachable = access.reachable(user).stream().map(TenantName::id).toList();
    var kept = text(session, SessionKeys.TENANT);
    var still = reachable.stream().filter(tenant -> tenant.toString().equals(kept)).findFirst();
    if (still.isPresent()) {
      return still.get();
    }
    if (reachable.isEmpty() || !kept.isEmpty() && !loadsAPage(request)) {
      return TenantId.NONE;
    }
    session.setAttribute(SessionKeys.TENANT, reachable.getFirst().toString());
    return reachable.getFirst();
  }

  private static boolean loadsAPage(HttpServletRequest request) {
    var accepted = request.getHeader(HttpHeaders.ACCEPT);
    return request.getMethod().equals("GET") && accepted != null && accepted.contains("text/html")
        && request.getHeader("HX-Request") == null;
  }

  private static String text(HttpSession session, String key) {
    return session.getAttribute(key) instanceof String text ? text : "";
  }

  /** Reads the session when somebody asks, so that pictures and style sheets never do. */
  private final class Deferred implements DeferredSecurityContext {
    private final HttpServletRequest request;
    private @Nullable SecurityContext context;

    Deferred(HttpServletRequest request) {
      this.request = request;
    }

    @Override
    public SecurityContext get() {
      var known = context;
      if (known == null) {
        known = context(request);
        context = known;
      }
      return known;
    }

    private SecurityContext context(HttpServletRequest asked) {
      return SignedInSessions.this.context(asked);
    }

    @Override
    public boolean isGenerated() { return !containsContext(request); }
  }
}
