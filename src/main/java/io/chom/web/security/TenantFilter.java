package io.chom.web.security;

import io.chom.accounts.Caller;
import io.chom.tenancy.TenantContext;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Steps into the tenant of whoever asks, for the whole of the request, and leaves the {@link Caller} in a request
 * attribute of that class's name.
 */
final class TenantFilter extends OncePerRequestFilter {
  private static final String CALLER = Caller.class.getName();

  /** Who asks; null for strangers. */
  static @Nullable Caller caller(HttpServletRequest request) {
    return request.getAttribute(CALLER) instanceof Caller caller ? caller : null;
  }

  @Override
  protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    var authentication = SecurityContextHolder.getContext().getAuthentication();
    if (authentication == null || !(authentication.getPrincipal() instanceof Caller caller)) {
      chain.doFilter(request, response);
      return;
    }
    request.setAttribute(CALLER, caller);
    try {
      TenantContext.<Boolean, Exception>callAs(caller.tenant(), () -> {
        chain.doFilter(request, response);
        return true;
      });
    } catch (IOException | ServletException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new ServletException(e);
    }
  }

  @Override
  protected boolean shouldNotFilterErrorDispatch() {
    return false;
  }

  @Override
  protected boolean shouldNotFilterAsyncDispatch() {
    return false;
  }
}
