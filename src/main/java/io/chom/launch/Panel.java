package io.chom.launch;

import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.event.ApplicationPreparedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/** The panel with the servers it brings along: they start before it and stop after it. */
final class Panel {
  private final Class<?> application;
  private final Settings settings;
  private final EmbeddedParts parts;
  private final AtomicReference<ConfigurableApplicationContext> context = new AtomicReference<>();
  private volatile boolean stopping;

  Panel(Class<?> application, Settings settings) {
    this.application = application;
    this.settings = settings;
    this.parts = new EmbeddedParts(settings);
  }

  void start(String[] args) {
    Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "stop"));
    parts.claim();
    Ports.refuseBusy(settings);
    Map<String, Object> made = Map.copyOf(parts.start());
    if (stopping) {
      return;
    }
    var spring = new SpringApplication(application);
    spring.setMainApplicationClass(application);
    // one hook in one order: Spring's own would race with the databases it still needs
    spring.setRegisterShutdownHook(false);
    spring.addInitializers(starting -> tell(starting.getEnvironment(), made));
    spring.addListeners(
        (ApplicationListener<ApplicationPreparedEvent>) event -> context.set(event.getApplicationContext()));
    spring.run(args);
  }

  // what is made here was not set by anybody, so it may come first
  private static void tell(ConfigurableEnvironment environment, Map<String, Object> made) {
    environment.getPropertySources().addFirst(new MapPropertySource("embedded parts", made));
  }

  private void stop() {
    stopping = true;
    ConfigurableApplicationContext running = context.get();
    if (running != null) {
      running.close();
    }
    parts.close();
  }
}
