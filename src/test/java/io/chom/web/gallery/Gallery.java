package io.chom.web.gallery;

import io.chom.web.support.Phrasebook;
import io.github.wimdeblauwe.htmx.spring.boot.mvc.HtmxMvcAutoConfiguration;
import io.github.wimdeblauwe.htmx.spring.boot.thymeleaf.HtmxThymeleafAutoConfiguration;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Locale;
import java.util.Map;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.context.MessageSourceAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.thymeleaf.autoconfigure.ThymeleafAutoConfiguration;
import org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.WebMvcAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.http.MediaType;
import org.springframework.web.servlet.LocaleResolver;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerRequest;
import org.springframework.web.servlet.function.ServerResponse;
import org.springframework.web.servlet.i18n.AcceptHeaderLocaleResolver;

/**
 * Serves every page with sample content, by the real templates, engine and files, and with nothing behind them. For
 * tests of what pages look like, and for looking: run {@link #main} and open the address it prints.
 */
@ImportAutoConfiguration({TomcatServletWebServerAutoConfiguration.class, DispatcherServletAutoConfiguration.class,
    WebMvcAutoConfiguration.class, ThymeleafAutoConfiguration.class, MessageSourceAutoConfiguration.class,
    HtmxMvcAutoConfiguration.class, HtmxThymeleafAutoConfiguration.class})
@Import(Phrasebook.class)
public class Gallery {
  private static final String POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'";

  public static void main(String[] args) {
    var running = start();
    System.out.println("http://127.0.0.1:" + port(running) + "/gallery");
  }

  static ConfigurableApplicationContext start() {
    return new SpringApplicationBuilder(Gallery.class).run("--server.port=" + Integer.getInteger("gallery.port", 0),
        "--logging.level.root=warn");
  }

  static String port(ConfigurableApplicationContext running) {
    return running.getEnvironment().getRequiredProperty("local.server.port");
  }

  @Bean
  RouterFunction<ServerResponse> pages(Phrasebook phrasebook) {
    return RouterFunctions.route().GET("/gallery/{language}/{theme}/{page}", request -> page(request, phrasebook))
        // nothing lives here: the stream says goodbye at once
        .GET("/live", _ -> ServerResponse.ok().contentType(MediaType.TEXT_EVENT_STREAM)
            .body("event: closed\ndata: end\n\n"))
        // what a page asks for when it is there does not come
        .GET("/sites/{*later}", _ -> ServerResponse.noContent().build())
        .build();
  }

  /** The language is part of the address here, so that a page to look at has one. */
  @Bean
  LocaleResolver localeResolver() {
    return new AcceptHeaderLocaleResolver() {
      @Override
      public Locale resolveLocale(HttpServletRequest request) {
        return Locale.of(request.getRequestURI().startsWith("/gallery/de/") ? "de" : "en");
      }
    };
  }

  private ServerResponse page(ServerRequest request, Phrasebook phrasebook) {
    String language = request.pathVariable("language");
    var sample = Samples.in(phrasebook.in(Locale.of(language))).get(request.pathVariable("page"));
    if (sample == null) {
      return ServerResponse.notFound().build();
    }
    boolean signedIn = !sample.view().startsWith("account/") && !sample.view().startsWith("error/");
    var frame = Samples.frame(request.path(), language, request.pathVariable("theme"), signedIn);
    return ServerResponse.ok().header("Content-Security-Policy", POLICY)
        .render(sample.view(), with(sample.model(), frame));
  }

  private static Map<String, Object> with(Map<String, Object> model, Object frame) {
    model.put("frame", frame);
    return model;
  }
}
