package io.chom.web.security;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.filter.OncePerRequestFilter;

/** Stops guessing: a few attempts a minute from one address, and a few at one account from wherever. */
final class LoginRateFilter extends OncePerRequestFilter {
  /** Set on a request that signed somebody in: guessing is limited, coming back is not. */
  static final String SUCCEEDED = LoginRateFilter.class.getName() + ".succeeded";

  private final RateLimits limits;
  private final RateLimits.Limit limit;

  LoginRateFilter(RateLimits limits, int perMinute) {
    this.limits = limits;
    this.limit = RateLimits.Limit.perMinute(perMinute);
  }

  @Override
  protected boolean shouldNotFilter(HttpServletRequest request) {
    return !(request.getMethod().equals("POST") && request.getServletPath().equals("/login"));
  }

  @Override
  protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    var account = Objects.requireNonNullElse(request.getParameter("username"), "").strip().toLowerCase(Locale.ROOT);
    var keys = List.of("login:address:" + request.getRemoteAddr(), "login:account:" + fingerprint(account));
    for (var key : keys) {
      var attempt = limits.take(key, limit);
      if (!attempt.free()) {
        refuse(response, attempt.again());
        return;
      }
    }
    chain.doFilter(request, response);
    if (request.getAttribute(SUCCEEDED) != null) {
      keys.forEach(key -> limits.giveBack(key, limit));
    }
  }

  private static void refuse(HttpServletResponse response, Duration wait) throws IOException {
    response.setHeader(HttpHeaders.RETRY_AFTER, Long.toString(wait.toSeconds() + 1));
    response.sendError(HttpStatus.TOO_MANY_REQUESTS.value());
  }

  /** Of one length, whatever was typed; and no address of a person in Redis. */
  private static String fingerprint(String account) {
    try {
      return HexFormat.of().formatHex(
          MessageDigest.getInstance("SHA-256").digest(account.getBytes(StandardCharsets.UTF_8)), 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }
}
