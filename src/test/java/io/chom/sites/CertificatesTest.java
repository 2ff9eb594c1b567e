package io.chom.sites;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.operations.Operation;
import io.chom.sites.SiteRefused.Reason;
import io.chom.tenancy.TenantContext;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.ObjectMapper;

/** What a request for a certificate promises, before any server is asked. */
@ExtendWith(RealServices.class)
@SpringBootTest(properties = {"chom.worker.enabled=false", "chom.acme.directory=https://ca.test/dir",
    "chom.acme.email=ops@example.org"})
class CertificatesTest {
  @Autowired
  Sites sites;
  @Autowired
  Certificates certificates;
  @Autowired
  GetCertificate issueCertificate;
  @Autowired
  GetCertificate renewCertificate;
  @Autowired
  TransactionTemplate transaction;
  @Autowired
  ObjectMapper json;
  final Tenants acme = Tenants.acme();
  final Tenants globex = Tenants.globex();

  @BeforeEach
  void bothHaveAServer() {
    acme.server();
    globex.server();
  }

  @Test
  void aSiteThatGotOneSaysSoUntilWhenAndWhenTheNextIsDue() {
    var site = active(acme);
    assertThat(as(acme, () -> certificates.of(site))).isEmpty();
    var operation = ask(acme, site);
    assertThat(operation.payload().path("directory").asString()).isEqualTo("https://ca.test/dir");
    assertThat(operation.payload().path("email").asString()).isEqualTo("ops@example.org");
    assertThat(certificate(acme, site).status()).isEqualTo(CertificateStatus.ISSUING);

    var until = Instant.now().plus(90, ChronoUnit.DAYS).truncatedTo(ChronoUnit.SECONDS);
    succeed(issueCertificate, operation, "0a", until);
    var view = as(acme, () -> sites.get(site));
    assertThat(view.sslEnabled()).isTrue();
    assertThat(view.sslExpiresAt()).isEqualTo(until);
    var certificate = certificate(acme, site);
    assertThat(certificate.status()).isEqualTo(CertificateStatus.ACTIVE);
    assertThat(certificate.serial()).isEqualTo("0a");
    assertThat(certificate.renewAt()).isBetween(until.minus(Duration.ofDays(31)), until.minus(Duration.ofDays(30)));
  }

  @Test
  void aRenewalThatFailsKeepsTheOldOneSaysWhyAndPausesLongerEachTime() {
    var site = active(acme);
    var until = Instant.now().plus(90, ChronoUnit.DAYS).truncatedTo(ChronoUnit.SECONDS);
    succeed(issueCertificate, ask(acme, site), "0a", until);
    var pause = Duration.ZERO;
    for (int failures = 1; failures <= 4; failures++) {
      var renewal = ask(acme, site);
      assertThat(renewal.type()).isEqualTo(SiteOperations.RENEW_CERTIFICATE);
      fail(renewCertificate, renewal, "ACME_UNREACHABLE", "ca.test does not answer");
      var certificate = certificate(acme, site);
      assertThat(certificate.status()).isEqualTo(CertificateStatus.ACTIVE);
      assertThat(certificate.serial()).isEqualTo("0a");
      assertThat(certificate.failures()).isEqualTo(failures);
      assertThat(certificate.failure()).isEqualTo("ca.test does not answer");
      var next = Duration.between(certificate.failedAt(), certificate.renewAt());
      assertThat(next).isGreaterThan(pause);
      pause = next;
      assertThat(as(acme, () -> sites.get(site)).sslExpiresAt()).isEqualTo(until);
      assertThat(as(acme, () -> sites.get(site)).status()).isEqualTo(SiteStatus.ACTIVE);
    }
    succeed(renewCertificate, ask(acme, site), "0b", until.plusSeconds(60));
    assertThat(certificate(acme, site).failure()).isNull();
    assertThat(certificate(acme, site).failures()).isZero();
    assertThat(certificate(acme, site).serial()).isEqualTo("0b");
  }

  @Test
  void whoeverSaidThatItWasTooMuchIsNotAskedAgainSoon() {
    var now = Instant.now();
    assertThat(RenewalTimes.after(1, "ACME_RATE_LIMITED", now)).isAfter(now.plus(Duration.ofHours(5)));
    assertThat(RenewalTimes.after(1_000, "ACME_FAILED", now)).isBefore(now.plus(Duration.ofHours(37)));
  }

  @Test
  void aFirstOneThatFailsLeavesTheSiteAsItWasAndCanBeAskedForAgain() {
    var site = active(acme);
    fail(issueCertificate, ask(acme, site), "ACME_FAILED", "no such name");
    assertThat(certificate(acme, site).status()).isEqualTo(CertificateStatus.FAILED);
    assertThat(certificate(acme, site).renewAt()).isNull();
    assertThat(as(acme, () -> sites.get(site)).sslEnabled()).isFalse();
    assertThat(as(acme, () -> sites.get(site)).status()).isEqualTo(SiteStatus.ACTIVE);
    assertThat(ask(acme, site).type()).isEqualTo(SiteOperations.ISSUE_CERTIFICATE);
  }

  @Test
  void askedTwiceAtOnceThereIsOneOperation() throws Exception {
    var site = active(acme);
    Callable<Object> asker = () -> {
      try {
        return ask(acme, site);
      } catch (SiteRefused e) {
        return e.reason();
      }
    };
    try (var threads = Executors.newFixedThreadPool(4)) {
      var answers = threads.invokeAll(List.of(asker, asker, asker, asker)).stream().map(f -> f.resultNow()).toList();
      assertThat(answers).filteredOn(Operation.class::isInstance).hasSize(1);
      assertThat(answers).filteredOn(Reason.CERTIFICATE_ON_ITS_WAY::equals).hasSize(3);
    }
  }

  @Test
  void anotherTenantsSiteIsNotThere() {
    var site = active(acme);
    assertThatThrownBy(() -> ask(globex, site)).isInstanceOf(SiteNotFound.class);
    assertThatThrownBy(() -> as(globex, () -> certificates.of(site))).isInstanceOf(SiteNotFound.class);
    assertThatThrownBy(() -> as(globex, () -> certificates.proof(site))).isInstanceOf(SiteNotFound.class);
    assertThat(as(globex, () -> certificates.renew(site))).isFalse();
    assertThat(as(acme, () -> certificates.of(site))).isEmpty();
  }

  @Test
  void aSiteThatIsNotThereYetGetsNone() {
    var site = create(acme);
    assertThatThrownBy(() -> ask(acme, site)).isInstanceOfSatisfying(SiteRefused.class,
        e -> assertThat(e.reason()).isEqualTo(Reason.NOT_IN_THIS_STATE));
  }

  @Test
  void aDomainThatLeadsElsewhereIsRefusedAndToldWhatToShow() {
    var site = active(acme);
    RealServices.asAdministrator("update server_allocation set public_host = '203.0.113.7' where tenant_id = '"
        + acme.id() + "'");
    assertThatThrownBy(() -> ask(acme, site)).isInstanceOfSatisfying(SiteRefused.class,
        e -> assertThat(e.reason()).isEqualTo(Reason.DOMAIN_NOT_PROVEN));
    assertThat(as(acme, () -> certificates.of(site))).isEmpty();
    var proof = as(acme, () -> certificates.proof(site));
    assertThat(proof.pointsTo()).isEqualTo("203.0.113.7");
    assertThat(proof.textName()).startsWith("_chom.");
    assertThat(proof.textValue()).isEqualTo("chom-site=" + site);
  }

  private SiteId create(Tenants tenant) {
    var wanted = new CreateSite(DomainName.parse("c" + Uuid7.next().toString().replace("-", "") + ".example"),
        SiteType.STATIC, null, null, null);
    return as(tenant, () -> sites.create(wanted, Actor.PANEL).site());
  }

  private SiteId active(Tenants tenant) {
    var site = create(tenant);
    RealServices.asAdministrator("update site set status = 'ACTIVE' where id = '" + site + "'");
    return site;
  }

  private Operation ask(Tenants tenant, SiteId site) {
    return as(tenant, () -> certificates.ask(site, Actor.PANEL));
  }

  private CertificateView certificate(Tenants tenant, SiteId site) {
    return as(tenant, () -> certificates.of(site).orElseThrow());
  }

  private void succeed(GetCertificate handler, Operation operation, String serial, Instant until) {
    ended(() -> handler.whenSucceeded(operation, json.valueToTree(Map.of("issuer", "CN=Test", "serial", serial,
        "not_before", until.minus(Duration.ofDays(90)).toString(), "not_after", until.toString()))));
  }

  private void fail(GetCertificate handler, Operation operation, String code, String reason) {
    ended(() -> handler.whenFailed(operation, code, reason));
  }

  private void ended(Runnable end) {
    as(acme, () -> {
      transaction.executeWithoutResult(status -> end.run());
      return null;
    });
  }

  private static <T> T as(Tenants tenant, Supplier<T> work) {
    return TenantContext.callAs(tenant.id(), work::get);
  }
}
