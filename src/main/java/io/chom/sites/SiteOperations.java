package io.chom.sites;

import io.chom.operations.Lane;
import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationType;
import io.chom.operations.Subject;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The operations on sites, and what each carries to its handler. */
final class SiteOperations {
  static final OperationType CREATE = new OperationType("site.create");
  static final OperationType DELETE = new OperationType("site.delete");
  /** Brings a deleted site back. */
  static final OperationType RESTORE = new OperationType("site.restore");
  /** Removes for good what a server has retained of a deleted site. */
  static final OperationType PURGE = new OperationType("site.purge");
  static final OperationType DISABLE = new OperationType("site.disable");
  static final OperationType ENABLE = new OperationType("site.enable");
  static final OperationType ISSUE_CERTIFICATE = new OperationType("certificate.issue");
  static final OperationType RENEW_CERTIFICATE = new OperationType("certificate.renew");

  /** In a payload, for the panel alone: what the site was before, in case the change is taken back. */
  static final String WAS = "was";

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

  static NewOperation delete(Site site, SiteStatus was, boolean purge, int retainDays) {
    return NewOperation.interactive(DELETE, subject(site), site.server(),
        Map.of("user", site.unixUser(), "purge", purge, "retain_days", retainDays, WAS, was));
  }

  static NewOperation restore(Site site) {
    return NewOperation.interactive(RESTORE, subject(site), site.server(), Map.of("user", site.unixUser()));
  }

  static NewOperation purge(Site site) {
    return new NewOperation(PURGE, subject(site), site.server(), Lane.SCHEDULED,
        Map.of("user", site.unixUser(), "purge", true), null);
  }

  /** Closes or opens a site, by the type. */
  static NewOperation turn(OperationType type, Site site, SiteStatus was) {
    return NewOperation.interactive(type, subject(site), site.server(), Map.of("user", site.unixUser(), WAS, was));
  }

  /** @param acme who signs */
  static NewOperation certificate(OperationType type, Site site, Lane lane, Map<String, Object> acme) {
    Map<String, Object> payload = new HashMap<>(acme);
    payload.put("user", site.unixUser());
    return new NewOperation(type, subject(site), site.server(), lane, payload, null);
  }

  static SiteStatus was(Operation operation) {
    return SiteStatus.valueOf(operation.payload().path(WAS).asString());
  }

  private static Subject subject(Site site) {
    return new Subject("site", site.id(), site.domain());
  }
}
