package io.chom.web.security;

import io.chom.accounts.Open;
import io.chom.accounts.Permission;
import io.chom.accounts.Requires;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerInterceptor;
import org.springframework.web.servlet.resource.ResourceHttpRequestHandler;

/**
 * Holds every controller method of ours to its {@link Requires}. One with neither that nor {@link Open} answers nobody:
 * forgetting a right closes a door, never opens one.
 */
@Component
class RightsInterceptor implements HandlerInterceptor {
  private final ApiAnswers api;

  RightsInterceptor(ApiAnswers api) {
    this.api = api;
  }

  @Override
  public boolean preHandle(HttpServletRequest request, HttpServletResponse response, Object handler)
      throws IOException {
    // errors are drawn for everybody, and what goes on asynchronously was asked when it began
    if (request.getDispatcherType() != DispatcherType.REQUEST || mayAsk(request, handler)) {
      return true;
    }
    if (request.getServletPath().startsWith("/api/")) {
      api.forbidden(response);
    } else {
      response.sendError(HttpStatus.FORBIDDEN.value());
    }
    return false;
  }

  private static boolean mayAsk(HttpServletRequest request, Object handler) {
    if (!(handler instanceof HandlerMethod method)) {
      return handler instanceof ResourceHttpRequestHandler;
    }
    if (method.hasMethodAnnotation(Open.class)) {
      return true;
    }
    var caller = TenantFilter.caller(request);
    if (!isOurs(method)) {
      return caller != null;
    }
    var needed = needed(method);
    return caller != null && needed != null && caller.permissions().containsAll(needed);
  }

  static boolean isOurs(HandlerMethod method) {
    return method.getBeanType().getName().startsWith("io.chom.");
  }

  /** What a method asks for; null when it does not say. The method's own word comes before its class's. */
  static @Nullable Set<Permission> needed(HandlerMethod method) {
    var requires = method.getMethodAnnotation(Requires.class);
    if (requires == null) {
      requires = AnnotatedElementUtils.findMergedAnnotation(method.getBeanType(), Requires.class);
    }
    return requires == null ? null : Set.of(requires.value());
  }
}
