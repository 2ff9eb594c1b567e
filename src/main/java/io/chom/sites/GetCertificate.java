package io.chom.sites;

import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationHandler;
import io.chom.operations.OperationRun;
import io.chom.operations.OperationType;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Gets a site a certificate, its first or a new one. Whatever becomes of that, the site stays as it is. */
final class GetCertificate implements OperationHandler {
  private final SiteWork work;
  private final Certificates certificates;
  private final CertificateRows rows;
  private final OperationType type;
  private final String command;
  private final CertificateStatus without;

  private GetCertificate(SiteWork work, Certificates certificates, CertificateRows rows, OperationType type,
      String command, CertificateStatus without) {
    this.work = work;
    this.certificates = certificates;
    this.rows = rows;
    this.type = type;
    this.command = command;
    this.without = without;
  }

  static GetCertificate first(SiteWork work, Certificates certificates, CertificateRows rows) {
    return new GetCertificate(work, certificates, rows, SiteOperations.ISSUE_CERTIFICATE, "ssl:issue",
        CertificateStatus.FAILED);
  }

  static GetCertificate renewed(SiteWork work, Certificates certificates, CertificateRows rows) {
    return new GetCertificate(work, certificates, rows, SiteOperations.RENEW_CERTIFICATE, "ssl:renew",
        CertificateStatus.ACTIVE);
  }

  @Override
  public OperationType type() {
    return type;
  }

  @Override
  public Map<String, Object> carryOut(OperationRun run) {
    return work.ask(command, run);
  }

  @Override
  public void whenSucceeded(Operation operation, JsonNode result) {
    var issued = IssuedCertificate.of(result);
    work.settle(operation, (site, now) -> {
      site.certified(issued.notAfter(), now);
      rows.served(site.id(), issued, RenewalTimes.of(issued), now);
    });
  }

  @Override
  public void whenFailed(Operation operation, String code, String message) {
    work.settle(operation, (site, now) -> {
      int failures = rows.of(site.id()).map(CertificateView::failures).orElse(0) + 1;
      rows.failed(site.id(), without, code, message,
          without == CertificateStatus.ACTIVE ? RenewalTimes.after(failures, code, now) : null, now);
    });
  }

  /** Renewals are asked for again by their own clock, with pauses that grow. */
  @Override
  public boolean repeatable() {
    return without == CertificateStatus.FAILED;
  }

  @Override
  public String right(Operation operation) {
    return "sites:write";
  }

  @Override
  public NewOperation repeat(Operation failed) {
    return certificates.again(failed);
  }

  @Override
  public boolean stoppable() {
    return true;
  }

  @Override
  public List<String> stop(OperationRun run) {
    return work.stop(run);
  }

  @Override
  public void whenCancelled(Operation operation, boolean begun) {
    whenFailed(operation, "OPERATION_CANCELLED", "It was cancelled.");
  }
}
