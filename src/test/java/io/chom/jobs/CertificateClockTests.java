package io.chom.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.operations.Operation;
import io.chom.operations.Operations;
import io.chom.sites.CertificateStatus;
import io.chom.sites.Certificates;
import io.chom.sites.CreateSite;
import io.chom.sites.DomainName;
import io.chom.sites.SiteId;
import io.chom.sites.SiteType;
import io.chom.sites.Sites;
import io.chom.tenancy.TenantContext;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Certificates of two tenants, several nodes, and a clock that is set forward. */
@ExtendWith(RealServices.class)
@SpringBootTest(properties = "chom.worker.enabled=false")
class CertificateClockTests {
  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();
  @Autowired
  @Qualifier("jobsDataSource")
  DataSource jobs;
  @Autowired
  WorkerProperties properties;
  @Autowired
  Certificates certificates;
  @Autowired
  Sites sites;
  @Autowired
  Operations operations;

  @BeforeEach
  void nothingElseIsDue() {
    RealServices.asAdministrator("delete from certificate");
    acme.server();
    globex.server();
  }

  @Test
  void renewsWhatIsDueOfEveryTenantAndNothingBefore() {
    var soon = certified(acme, "30 days");
    var later = certified(globex, "40 days");
    assertThat(in(Duration.ofDays(29)).tick()).isZero();
    assertThat(in(Duration.ofDays(31)).tick()).isEqualTo(1);
    assertThat(renewals(acme, soon)).hasSize(1).allSatisfy(operation -> {
      assertThat(operation.type().value()).isEqualTo("certificate.renew");
      assertThat(operation.requestedLabel()).isEqualTo(Actor.PANEL.label());
    });
    assertThat(status(acme, soon)).isEqualTo(CertificateStatus.RENEWING);
    assertThat(renewals(globex, later)).isEmpty();
    assertThat(in(Duration.ofDays(41)).tick()).isEqualTo(1);
    assertThat(renewals(globex, later)).hasSize(1);
  }

  @Test
  void nodesThatTickTogetherAskForOneRenewal() throws Exception {
    var site = certified(acme, "0 days");
    Callable<Integer> node = () -> in(Duration.ofHours(1)).tick() + in(Duration.ofHours(8)).tick();
    try (var nodes = Executors.newFixedThreadPool(4)) {
      int asked = nodes.invokeAll(List.of(node, node, node, node)).stream().mapToInt(f -> f.resultNow()).sum();
      assertThat(asked).isEqualTo(1);
    }
    assertThat(renewals(acme, site)).hasSize(1);
  }

  @Test
  void aDeletedSiteIsLeftAlone() {
    var site = certified(acme, "0 days");
    RealServices.asAdministrator("update site set status = 'DELETED', deleted_at = now() where id = '" + site + "'");
    assertThat(in(Duration.ofHours(1)).tick()).isZero();
    assertThat(renewals(acme, site)).isEmpty();
  }

  @Test
  void whatANodeTookAndDiedOverComesUpAgain() {
    var site = certified(acme, "0 days");
    RealServices.asAdministrator("update certificate set renew_at = now() + interval '6 hours'");
    assertThat(in(Duration.ofHours(1)).tick()).isZero();
    assertThat(in(Duration.ofHours(7)).tick()).isEqualTo(1);
    assertThat(renewals(acme, site)).hasSize(1);
  }

  @Test
  void readsNothingOfACertificateButWhenItIsDue() {
    assertThatThrownBy(() -> JdbcClient.create(jobs).sql("select failure from certificate").query().listOfRows())
        .isInstanceOf(DataAccessException.class).hasStackTraceContaining("permission denied");
  }

  private CertificateClock in(Duration later) {
    return new CertificateClock(jobs, certificates, properties, Clock.offset(Clock.systemUTC(), later));
  }

  private SiteId certified(Tenants tenant, String due) {
    var wanted = new CreateSite(DomainName.parse("k" + Uuid7.next().toString().replace("-", "") + ".example"),
        SiteType.STATIC, null, null, null);
    var site = TenantContext.callAs(tenant.id(), () -> sites.create(wanted, Actor.PANEL).site());
    RealServices.asAdministrator("update site set status = 'ACTIVE' where id = '" + site + "'");
    RealServices.asAdministrator("insert into certificate (tenant_id, site_id, status, issuer, serial, not_before,"
        + " not_after, renew_at) values ('" + tenant.id() + "', '" + site + "', 'ACTIVE', 'CN=Test', '0a', now(), now()"
        + " + interval '90 days', now() + interval '" + due + "')");
    return site;
  }

  private List<Operation> renewals(Tenants tenant, SiteId site) {
    return TenantContext.callAs(tenant.id(), () -> operations.page(null, site.value(), null, 10)).stream()
        .filter(operation -> operation.type().value().startsWith("certificate.")).toList();
  }

  private CertificateStatus status(Tenants tenant, SiteId site) {
    return TenantContext.callAs(tenant.id(), () -> certificates.of(site).orElseThrow().status());
  }
}
