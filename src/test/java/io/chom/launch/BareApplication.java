package io.chom.launch;

import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletAutoConfiguration;

/** The launch without the panel: what starts and stops around it can be tried without it. */
@ImportAutoConfiguration({TomcatServletWebServerAutoConfiguration.class, DispatcherServletAutoConfiguration.class})
final class BareApplication {
  private BareApplication() {}

  public static void main(String[] args) {
    Launch.main(BareApplication.class, args);
  }
}
