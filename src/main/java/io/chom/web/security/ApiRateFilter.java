package io.chom.web.security;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import io.chom.accounts.Caller;
import io.chom.billing.Plan;
import io.chom.billing.Plans;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.springframework.http.HttpHeaders;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Lets a token make as many calls an hour as its tenant's plan allows, and tells it with each answer how many are left
 * (draft-ietf-httpapi-ratelimit-headers). Stands behind {@link TenantFilter}. A browser's own calls are not counted:
 * pages make them, not people.
 */
final class ApiRateFilter extends OncePerRequestFilter {
  /** How long a change of plan may take to be felt. */
  private static final Duration BELIEVED_FOR = Duration.ofMinutes(1);

  private final RateLimits limits;
  private final ApiAnswers answers;
  private final LoadingCache<TenantId, Integer> perHour;

  ApiRateFilter(RateLimits limits, Plans plans, ApiAnswers answers) {
    this.limits = limits;
    this.answers = answers;
    this.perHour = Caffeine.newBuilder().maximumSize(100_000).expireAfterWrite(BELIEVED_FOR)
        .build(
            tenant -> TenantContext.<Integer, RuntimeException>callAs(tenant, () -> plans.current().apiCallsPerHour()));
  }

  @Override
  protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    var caller = TenantFilter.caller(request);
    int most = caller == null || caller.token() == null ? Plan.UNLIMITED : perHour.get(caller.tenant());
    if (caller == null || most == Plan.UNLIMITED) {
      chain.doFilter(request, response);
      return;
    }
    var attempt = limits.take(key(caller), RateLimits.Limit.perHour(most));
    tell(response, most, attempt);
    if (attempt.free()) {
      chain.doFilter(request, response);
    } else {
      long wait = seconds(attempt.again());
      response.setHeader(HttpHeaders.RETRY_AFTER, Long.toString(wait));
      answers.tooMany(response, "The plan allows a token " + most + " calls an hour. Try again in " + wait + " s.");
    }
  }

  private static String key(Caller caller) {
    return "api:" + caller.counted();
  }

  private static void tell(HttpServletResponse response, int most, RateLimits.Attempt attempt) {
    long full = seconds(attempt.full());
    response.setHeader("RateLimit-Policy", "\"plan\";q=" + most + ";w=3600");
    response.setHeader("RateLimit", "\"plan\";r=" + attempt.left() + ";t=" + full);
    // as its earlier drafts had them, which more clients know
    response.setHeader("RateLimit-Limit", Integer.toString(most));
    response.setHeader("RateLimit-Remaining", Long.toString(attempt.left()));
    response.setHeader("RateLimit-Reset", Long.toString(full));
  }

  /** Rounded up: who comes back a moment too early would be refused again. */
  private static long seconds(Duration time) {
    return TimeUnit.NANOSECONDS.toSeconds(time.toNanos() + 999_999_999);
  }
}
