package io.chom.launch;

import io.chom.accounts.Bootstrap;
import java.io.PrintStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;

/** Says where the panel is, and at the first start with the demo who may sign in: the only time these are shown. */
@Component
@ConditionalOnBooleanProperty("chom.launched")
final class Welcome {
  static final String NO_OPERATOR = "There is no operator, so nobody can sign in and let others in: set"
      + " CHOM_BOOTSTRAP_OPERATOR_EMAIL and CHOM_BOOTSTRAP_OPERATOR_PASSWORD (at least 12 characters) and start CHOM"
      + " again";
  private static final Logger LOG = LoggerFactory.getLogger(Welcome.class);

  private final Bootstrap bootstrap;
  private final DemoProperties demo;
  private final String url;

  Welcome(Bootstrap bootstrap, DemoProperties demo, @Value("${chom.base-url}") String url) {
    this.bootstrap = bootstrap;
    this.demo = demo;
    this.url = url;
  }

  @Order(0)
  @EventListener(ApplicationReadyEvent.class)
  void sayIt() {
    // to the terminal and not to the log: logs are kept, copied and sent around
    PrintStream out = System.out;
    out.println();
    out.println("  CHOM is ready: " + url);
    if (demo.enabled()) {
      bootstrap.demo().ifPresent(made -> {
        out.println();
        out.println("  Sign in with one of these. The passwords are shown this once; only hashes of them are kept.");
        if (made.operator() != null) {
          print(out, "operator", made.operator());
        }
        print(out, "admin of the tenant Demo", made.admin());
      });
    }
    out.println();
    out.flush();
    if (!bootstrap.hasOperator()) {
      LOG.warn(NO_OPERATOR);
    }
  }

  private static void print(PrintStream out, String who, Bootstrap.Login login) {
    out.printf("    %-26s %-28s %s%n", who, login.email(), login.password());
  }
}
