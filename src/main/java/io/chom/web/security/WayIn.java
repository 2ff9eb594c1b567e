package io.chom.web.security;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.web.AuthenticationEntryPoint;
import org.springframework.security.web.authentication.AuthenticationSuccessHandler;
import org.springframework.stereotype.Component;

/** Shows strangers to the login page, and afterwards to where they wanted to go. Never to another host. */
@Component
class WayIn implements AuthenticationEntryPoint, AuthenticationSuccessHandler {
  private static final int LONGEST_PATH = 2_000;

  @Override
  public void commence(HttpServletRequest request, HttpServletResponse response, AuthenticationException why)
      throws IOException {
    if (request.getHeader("HX-Request") != null) {
      response.setHeader("HX-Redirect", "/login"); // a fragment cannot show a login page; the whole page goes there
      response.setStatus(HttpStatus.UNAUTHORIZED.value());
      return;
    }
    if (wantsEvents(request)) {
      response.setStatus(HttpStatus.UNAUTHORIZED.value()); // an event stream would try to read the page
      return;
    }
    var query = request.getQueryString();
    var path = request.getRequestURI() + (query == null ? "" : "?" + query);
    if (request.getMethod().equals("GET") && isOurs(path) && !path.equals("/")) {
      request.getSession().setAttribute(SessionKeys.NEXT, path);
    }
    response.sendRedirect("/login");
  }

  @Override
  public void onAuthenticationSuccess(HttpServletRequest request, HttpServletResponse response,
      Authentication authentication) throws IOException {
    request.setAttribute(LoginRateFilter.SUCCEEDED, true);
    response.sendRedirect(next(request.getSession()));
  }

  private static boolean wantsEvents(HttpServletRequest request) {
    var accepted = request.getHeader(HttpHeaders.ACCEPT);
    return accepted != null && accepted.contains(MediaType.TEXT_EVENT_STREAM_VALUE);
  }

  private static String next(HttpSession session) {
    var next = session.getAttribute(SessionKeys.NEXT);
    session.removeAttribute(SessionKeys.NEXT);
    return next instanceof String path && isOurs(path) ? path : "/";
  }

  private static boolean isOurs(String path) {
    return path.startsWith("/") && !path.startsWith("//") && !path.contains("\\") && path.length() < LONGEST_PATH;
  }
}
