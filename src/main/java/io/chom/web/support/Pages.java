package io.chom.web.support;

import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.CacheControl;
import org.springframework.web.servlet.LocaleResolver;
import org.springframework.web.servlet.config.annotation.ResourceHandlerRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import org.springframework.web.servlet.i18n.CookieLocaleResolver;

/** What holds for pages in general: their languages, and the two pictures that have no version in their names. */
@Configuration(proxyBeanMethods = false)
class Pages implements WebMvcConfigurer {
  static final List<Locale> LANGUAGES = List.of(Locale.ENGLISH, Locale.GERMAN);

  /** The reader's own choice, or else the first of the browser's languages that we speak. */
  @Bean
  LocaleResolver localeResolver() {
    var resolver = new CookieLocaleResolver(Preferences.LANGUAGE_COOKIE);
    resolver.setDefaultLocaleFunction(request -> spoken(request.getLocales().asIterator()));
    // a cookie that somebody wrote by hand is no reason for an error page
    resolver.setRejectInvalidCookies(false);
    return resolver;
  }

  static Locale spoken(Iterator<Locale> wanted) {
    while (wanted.hasNext()) {
      String language = wanted.next().getLanguage();
      for (var known : LANGUAGES) {
        if (known.getLanguage().equals(language)) {
          return known;
        }
      }
    }
    return Locale.ENGLISH;
  }

  @Override
  public void addResourceHandlers(ResourceHandlerRegistry registry) {
    // templates name these two as they are, in every row: looking a version up each time would cost more than it saves
    registry.addResourceHandler("/icons.svg", "/favicon.svg").addResourceLocations("classpath:/static/")
        .setCacheControl(CacheControl.maxAge(Duration.ofHours(1)));
  }
}
