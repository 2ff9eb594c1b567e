package io.chom.web.security;

import io.chom.tenancy.DatabaseOutage;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.RedisSystemException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;
import org.thymeleaf.ITemplateEngine;
import org.thymeleaf.context.Context;

/**
 * Says what is going on when PostgreSQL is away, or Redis for somebody whose session no copy is here of. Stands before
 * the session filter, so its page stands alone: the frame of the others would ask for both.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE + 1)
class OutageFilter extends OncePerRequestFilter {
  private static final Logger LOG = LoggerFactory.getLogger(OutageFilter.class);

  private final ITemplateEngine templates;

  OutageFilter(ITemplateEngine templates) {
    this.templates = templates;
  }

  @Override
  protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    try {
      chain.doFilter(request, response);
    } catch (ServletException | RuntimeException e) {
      if (!isOutage(e) || response.isCommitted()) {
        throw e;
      }
      LOG.warn("{} {} was answered with 503: {}", request.getMethod(), request.getServletPath(), e.getMessage());
      answer(request, response);
    }
  }

  private static boolean isOutage(Exception e) {
    var cause = e instanceof ServletException wrapped && wrapped.getRootCause() != null ? wrapped.getRootCause() : e;
    return cause instanceof SessionsAway || cause instanceof RedisConnectionFailureException
        || cause instanceof RedisSystemException || DatabaseOutage.caused(e);
  }

  private void answer(HttpServletRequest request, HttpServletResponse response) throws IOException {
    response.reset();
    response.setStatus(HttpStatus.SERVICE_UNAVAILABLE.value());
    response.setHeader(HttpHeaders.RETRY_AFTER, "10");
    response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
    response.setHeader("Content-Security-Policy", "default-src 'none'; style-src 'self'");
    if (request.getServletPath().startsWith("/api/")) {
      response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
      response.getWriter().write(
          """
              {"type":"about:blank","title":"Service Unavailable","status":503,"code":"UNAVAILABLE",\
              "detail":"A part of the panel is away for the moment. Try again in a few seconds, with the same Idempotency-Key."}""");
      return;
    }
    response.setContentType("text/html");
    response.setCharacterEncoding(StandardCharsets.UTF_8);
    response.getWriter().write(templates.process("error/away", new Context(request.getLocale())));
  }
}
