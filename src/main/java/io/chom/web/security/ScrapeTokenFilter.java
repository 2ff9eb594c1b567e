package io.chom.web.security;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.filter.OncePerRequestFilter;

/** Lets in who knows the token of the scraping. Who does not may try a few times a minute. */
final class ScrapeTokenFilter extends OncePerRequestFilter {
  private static final RateLimits.Limit GUESSES = RateLimits.Limit.perMinute(60);
  private static final String BEARER = "Bearer ";

  private final byte[] token;
  private final RateLimits limits;

  ScrapeTokenFilter(String token, RateLimits limits) {
    this.token = token.getBytes(StandardCharsets.UTF_8);
    this.limits = limits;
  }

  @Override
  protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    if (known(request.getHeader(HttpHeaders.AUTHORIZATION))) {
      chain.doFilter(request, response);
      return;
    }
    var attempt = limits.take("scrape:" + request.getRemoteAddr(), GUESSES);
    response.setContentType(MediaType.TEXT_PLAIN_VALUE);
    if (!attempt.free()) {
      response.setHeader(HttpHeaders.RETRY_AFTER, Long.toString(attempt.again().toSeconds() + 1));
      response.setStatus(HttpStatus.TOO_MANY_REQUESTS.value());
      response.getWriter().write("Too many wrong tokens from this address.\n");
      return;
    }
    response.setHeader(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
    response.setStatus(HttpStatus.UNAUTHORIZED.value());
    response.getWriter().write(token.length == 0
        ? "The panel has no CHOM_SCRAPE_TOKEN: set one, and give it to Prometheus.\n"
        : "This is not the panel's CHOM_SCRAPE_TOKEN.\n");
  }

  private boolean known(@org.jspecify.annotations.Nullable String header) {
    return token.length > 0 && header != null && header.startsWith(BEARER)
        && MessageDigest.isEqual(header.substring(BEARER.length()).getBytes(StandardCharsets.UTF_8), token);
  }
}
