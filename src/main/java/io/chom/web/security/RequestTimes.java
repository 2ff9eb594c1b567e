package io.chom.web.security;

import io.chom.tenancy.StatementCount;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.security.web.util.OnCommittedResponseWrapper;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.servlet.HandlerMapping;

/**
 * Names requests that took long in the log, with who asked and for which tenant, and the route instead of the address:
 * there are secrets in addresses. Where it is switched on, every answer says what it cost. Streams are no requests that
 * take long.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
class RequestTimes extends OncePerRequestFilter {
  private static final Logger LOG = LoggerFactory.getLogger(RequestTimes.class);
  private static final double NANOS_PER_MILLI = 1e6;
  private static final double BYTES_PER_MB = 1024.0 * 1024;

  private final boolean headers;
  private final Duration slow;

  RequestTimes(WebSecurityProperties settings) {
    headers = settings.debugHeaders();
    slow = settings.slowRequest();
  }

  @Override
  protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    var cost = new Cost();
    var answer = headers ? new CostAtHead(response, cost) : response;
    try {
      chain.doFilter(request, answer);
    } finally {
      if (!request.isAsyncStarted()) {
        tell(request, response, cost);
      }
    }
    if (answer instanceof CostAtHead head && !request.isAsyncStarted() && !response.isCommitted()) {
      head.onResponseCommitted();
    }
  }

  /** What the current thread needed since this was made. */
  private static final class Cost {
    private final long began = System.nanoTime();
    private final int before = StatementCount.ofThread();

    Duration time() {
      return Duration.ofNanos(System.nanoTime() - began);
    }

    int statements() {
      return StatementCount.ofThread() - before;
    }
  }

  /** Writes it at the last moment at which something can be written at the head. */
  private static final class CostAtHead extends OnCommittedResponseWrapper {
    private final Cost cost;

    CostAtHead(HttpServletResponse response, Cost cost) {
      super(response);
      this.cost = cost;
    }

    @Override
    protected void onResponseCommitted() {
      setHeader("X-Debug-Time", "%.1f ms".formatted(cost.time().toNanos() / NANOS_PER_MILLI));
      setHeader("X-Debug-Memory", "%.1f MB".formatted(usedHeap() / BYTES_PER_MB));
      setHeader("X-Debug-Queries", String.valueOf(cost.statements()));
    }
  }

  private void tell(HttpServletRequest request, HttpServletResponse response, Cost cost) {
    var time = cost.time();
    if (time.compareTo(slow) > 0) {
      var caller = TenantFilter.caller(request);
      var route = request.getAttribute(HandlerMapping.BEST_MATCHING_PATTERN_ATTRIBUTE);
      LOG.warn("Slow request: {} {} took {} ms, answered {}, {} statements, {} MB of heap in use, user {}, tenant {}",
          request.getMethod(), Objects.requireNonNullElse(route, "(no route)"), time.toMillis(), response.getStatus(),
          cost.statements(), Math.round(usedHeap() / BYTES_PER_MB), caller == null ? "none" : caller.user().userId(),
          caller == null ? "none" : caller.tenant());
    }
  }

  /** Of the whole panel: what one request needs is not known where it may change threads. */
  private static long usedHeap() {
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
