package io.chom.web.support;

import jakarta.servlet.http.HttpServletRequest;
import java.util.regex.Pattern;

/** A place on this panel to go back to; anything that could lead elsewhere becomes the overview. */
final class HerePath {
  // one slash, then what a path may hold: no second slash or backslash first, no scheme, no control characters
  private static final Pattern SAFE = Pattern.compile("/(?![/\\\\])[A-Za-z0-9._~!$&'()*+,;=:@%/?-]{0,2000}");

  private HerePath() {}

  static String of(String wanted) {
    return SAFE.matcher(wanted).matches() ? wanted : "/";
  }

  /** Where the reader is now, if one can come back there. */
  static String of(HttpServletRequest request) {
    if (!"GET".equals(request.getMethod())) {
      return "/";
    }
    String query = request.getQueryString();
    return of(query == null ? request.getRequestURI() : request.getRequestURI() + "?" + query);
  }
}
