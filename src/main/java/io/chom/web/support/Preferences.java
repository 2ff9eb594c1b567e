package io.chom.web.support;

import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.Set;
import org.springframework.http.ResponseCookie;
import org.springframework.web.util.WebUtils;

/** How a reader wants pages to look and speak: kept in the browser, known to the server, no script needed. */
public final class Preferences {
  static final String LANGUAGE_COOKIE = "chom_language";
  private static final String THEME_COOKIE = "chom_theme";
  private static final Set<String> THEMES = Set.of("auto", "light", "dark");
  private static final Duration KEPT = Duration.ofDays(365);

  private Preferences() {}

  /** auto (as the system), light or dark. */
  public static String theme(HttpServletRequest request) {
    var cookie = WebUtils.getCookie(request, THEME_COOKIE);
    return cookie != null && THEMES.contains(cookie.getValue()) ? cookie.getValue() : "auto";
  }

  static boolean isTheme(String wanted) {
    return THEMES.contains(wanted);
  }

  static boolean isLanguage(String wanted) {
    return Pages.LANGUAGES.stream().anyMatch(known -> known.getLanguage().equals(wanted));
  }

  static ResponseCookie themeCookie(HttpServletRequest request, String theme) {
    return cookie(request, THEME_COOKIE, theme);
  }

  static ResponseCookie languageCookie(HttpServletRequest request, String language) {
    return cookie(request, LANGUAGE_COOKIE, language);
  }

  private static ResponseCookie cookie(HttpServletRequest request, String name, String value) {
    return ResponseCookie.from(name, value).path("/").maxAge(KEPT).httpOnly(true).secure(request.isSecure())
        .sameSite("Lax").build();
  }
}
