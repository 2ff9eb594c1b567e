package io.chom.sites;

import io.chom.operations.Lane;
import io.chom.operations.NewOperation;
import io.chom.operations.OperationType;
import io.chom.operations.Subject;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The operations on sites, and what each carries to its handler. */
final class SiteOperations {
  static final OperationType CREATE = new OperationType("site.create");
  static final OperationType DELETE = new OperationType("site.delete");

  private SiteOperations() {}

  static NewOperation create(Site site, @Nullable String idempotencyKey) {
    Map<String, Object> payload = new HashMap<>();
    payload.put("site", site.id().toString());
    payload.put("user", site.unixUser());
    payload.put("uid", site.uid());
    payload.put("domain", site.domain());
    payload.put("type", site.type());
    if (site.phpVersion() != null) {
      payload.put("php_version", site.phpVersion());
    }
    return new NewOperation(CREATE, subject(site), site.server(), Lane.INTERACTIVE, payload, idempotencyKey);
  }

  static NewOperation delete(Site site, boolean purge) {
    return NewOperation.interactive(DELETE, subject(site), site.server(),
        Map.of("user", site.unixUser(), "purge", purge));
  }

  private static Subject subject(Site site) {
    return new Subject("site", site.id(), site.domain());
  }
}
