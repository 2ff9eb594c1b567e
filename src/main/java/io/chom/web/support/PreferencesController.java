package io.chom.web.support;

import io.chom.accounts.Open;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** Takes a reader's choice of theme or language, and goes back to where the reader was. */
@Controller
class PreferencesController {

  @Open
  @PostMapping("/preferences")
  ResponseEntity<Void> choose(@RequestParam @Nullable String theme, @RequestParam @Nullable String language,
      @RequestParam(defaultValue = "/") String back, HttpServletRequest request) {
    var headers = new HttpHeaders();
    if (theme != null && Preferences.isTheme(theme)) {
      headers.add(HttpHeaders.SET_COOKIE, Preferences.themeCookie(request, theme).toString());
    }
    if (language != null && Preferences.isLanguage(language)) {
      headers.add(HttpHeaders.SET_COOKIE, Preferences.languageCookie(request, language).toString());
    }
    headers.setLocation(URI.create(HerePath.of(back)));
    return new ResponseEntity<>(headers, HttpStatus.SEE_OTHER);
  }
}
