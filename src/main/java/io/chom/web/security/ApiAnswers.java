package io.chom.web.security;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.web.AuthenticationEntryPoint;
import org.springframework.security.web.access.AccessDeniedHandler;
import org.springframework.security.web.csrf.CsrfException;
import org.springframework.stereotype.Component;

/** Refusals of the API, as problem details (RFC 9457). */
@Component
class ApiAnswers implements AuthenticationEntryPoint, AccessDeniedHandler {
  @Override
  public void commence(HttpServletRequest request, HttpServletResponse response, AuthenticationException why)
      throws IOException {
    response.setHeader(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
    problem(response, HttpStatus.UNAUTHORIZED, "UNAUTHENTICATED",
        "Send a valid token in the header Authorization: Bearer TOKEN. Tokens are made under API tokens.");
  }

  @Override
  public void handle(HttpServletRequest request, HttpServletResponse response, AccessDeniedException why)
      throws IOException {
    if (why instanceof CsrfException) {
      problem(response, HttpStatus.FORBIDDEN, "CSRF_TOKEN_MISSING",
          "With a session cookie, a change also needs the header X-CSRF-TOKEN of the page. Programs use a token.");
    } else {
      forbidden(response);
    }
  }

  void tooMany(HttpServletResponse response, String detail) throws IOException {
    problem(response, HttpStatus.TOO_MANY_REQUESTS, "RATE_LIMITED", detail);
  }

  void forbidden(HttpServletResponse response) throws IOException {
    problem(response, HttpStatus.FORBIDDEN, "FORBIDDEN",
        "The role or the scopes of this token do not allow it. Ask an admin of the tenant for a token that may.");
  }

  private static void problem(HttpServletResponse response, HttpStatus status, String code, String detail)
      throws IOException {
    response.setStatus(status.value());
    response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
    response.getWriter().write("""
        {"type":"about:blank","title":"%s","status":%d,"code":"%s","detail":"%s"}"""
        .formatted(status.getReasonPhrase(), status.value(), code, detail));
  }
}
