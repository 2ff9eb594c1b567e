package io.chom.backups;

import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what follows from a commit beside whoever committed, as the tenant it is about. If this node dies over it, or it
 * fails, what asks for it comes by again with the next backup.
 */
final class Aside {
  private static final Logger LOG = LoggerFactory.getLogger(Aside.class);

  private Aside() {}

  /** @param what for the log, such as "prove backup x" */
  static void run(TenantId tenant, String what, Runnable work) {
    Thread.ofVirtual().name(what).start(() -> {
      try {
        TenantContext.callAs(tenant, () -> {
          work.run();
          return null;
        });
      } catch (RuntimeException e) {
        LOG.warn("This is left to the next time ({}): {}", what, e.getMessage());
      }
    });
  }
}
