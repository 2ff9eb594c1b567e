package io.chom.accounts;

import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;

/** Before the panel calls itself ready, the operator of the settings can sign in. */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
class BootstrapAtStart implements ApplicationRunner {
  private final Bootstrap bootstrap;

  BootstrapAtStart(Bootstrap bootstrap) {
    this.bootstrap = bootstrap;
  }

  @Override
  public void run(ApplicationArguments arguments) {
    bootstrap.operatorFromSettings();
  }
}
