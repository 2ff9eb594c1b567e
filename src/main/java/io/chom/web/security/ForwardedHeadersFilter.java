package io.chom.web.security;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.Enumeration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/** Believes proxy headers from configured proxies only, and hides all of them from the rest of the panel. */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
class ForwardedHeadersFilter extends OncePerRequestFilter {
  private final TrustedProxies proxies;

  ForwardedHeadersFilter(TrustedProxies proxies) {
    this.proxies = proxies;
  }

  @Override
  protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    var origin = request.getRemoteAddr();
    var secure = request.isSecure();
    if (proxies.include(origin)) {
      origin = proxies.origin(origin, header(request, "X-Forwarded-For"));
      var proto = header(request, "X-Forwarded-Proto");
      secure = proto.isEmpty() ? secure : proto.equalsIgnoreCase("https");
    }
    chain.doFilter(new Seen(request, origin, secure), response);
  }

  @Override
  protected boolean shouldNotFilterErrorDispatch() {
    return false;
  }

  @Override
  protected boolean shouldNotFilterAsyncDispatch() {
    return false;
  }

  private static String header(HttpServletRequest request, String name) {
    return String.join(",", Collections.list(request.getHeaders(name)));
  }

  /** The request as it left the client. */
  private static final class Seen extends HttpServletRequestWrapper {
    private final String origin;
    private final boolean secure;

    Seen(HttpServletRequest request, String origin, boolean secure) {
      super(request);
      this.origin = origin;
      this.secure = secure;
    }

    @Override
    public String getRemoteAddr() { return origin; }

    @Override
    public String getRemoteHost() { return origin; }

    @Override
    public boolean isSecure() { return secure; }

    @Override
    public String getScheme() { return secure ? "https" : "http"; }

    @Override
    public @Nullable String getHeader(String name) {
      return hidden(name) ? null : super.getHeader(name);
    }

    @Override
    public Enumeration<String> getHeaders(String name) {
      return hidden(name) ? Collections.emptyEnumeration() : super.getHeaders(name);
    }

    @Override
    public Enumeration<String> getHeaderNames() {
      return Collections.enumeration(
          Collections.list(super.getHeaderNames()).stream().filter(name -> !hidden(name)).toList());
    }

    private static boolean hidden(String name) {
      var lower = name.toLowerCase(Locale.ROOT);
      return lower.equals("forwarded") || lower.startsWith("x-forwarded-") || lower.startsWith("x-real-ip")
          || lower.startsWith("cf-") || lower.equals("true-client-ip");
    }
  }
}
