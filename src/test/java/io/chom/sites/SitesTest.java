package io.chom.sites;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.chom.audit.Audit;
import io.chom.audit.AuditEvent;
import io.chom.billing.PlanLimitReached;
import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.operations.Cancellation;
import io.chom.operations.Operation;
import io.chom.operations.OperationStatus;
import io.chom.operations.Operations;
import io.chom.servers.NoServerAvailable;
import io.chom.sites.SiteRefused.Reason;
import io.chom.tenancy.TenantContext;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.transaction.support.TransactionTemplate;

/** What a request for a site promises, before any server is asked. */
@ExtendWith(RealServices.class)
@SpringBootTest(properties = "chom.worker.enabled=false")
class SitesTest {
  @Autowired
  Sites sites;
  @Autowired
  Operations operations;
  @Autowired
  Cancellation cancellation;
  @Autowired
  TurnSite disableSite;
  @Autowired
  TurnSite enableSite;
  @Autowired
  TransactionTemplate transaction;
  @Autowired
  Audit audit;
  final Tenants acme = Tenants.acme();
  final Tenants globex = Tenants.globex();

  @BeforeEach
  void bothHaveAServer() {
    acme.server();
    globex.server();
  }

  @Test
  void promisesTheSiteTheOperationAndTheAuditEventTogether() {
    var created = create(acme, domain(), null);
    as(acme, () -> {
      assertThat(sites.get(created.site()).status()).isEqualTo(SiteStatus.PROVISIONING);
      var operation = operations.get(created.operation().id());
      assertThat(operation.status()).isEqualTo(OperationStatus.QUEUED);
      assertThat(operation.payload().path("user").asString()).isEqualTo(sites.get(created.site()).unixUser());
      assertThat(audit.page(null, 10)).extracting(AuditEvent::action).contains("site.create");
      return null;
    });
  }

  @Test
  void twoTenantsAskingForOneNameAtOnceGetOneSite() throws Exception {
    var domain = domain();
    var answers = together(() -> create(acme, domain, null), () -> create(globex, domain, null));
    assertThat(answers).filteredOn(Created.class::isInstance).hasSize(1);
    assertThat(answers).filteredOn(SiteRefused.class::isInstance).singleElement(type(SiteRefused.class))
        .extracting(SiteRefused::reason).isEqualTo(Reason.DOMAIN_NOT_AVAILABLE);
  }

  @Test
  void tellsNothingOfWhoHasAName() {
    var domain = domain();
    create(acme, domain, null);
    var own = refusal(() -> create(acme, domain, null));
    var others = refusal(() -> create(globex, domain, null));
    assertThat(others.getMessage()).isEqualTo(own.getMessage());
    assertThat(others.reason()).isEqualTo(own.reason());
    assertThat(as(globex, () -> sites.available(DomainName.parse(domain)))).isFalse();
  }

  @Test
  void aPlanForFiveNeverHoldsSixHoweverManyAskAtOnce() throws Exception {
    var small = Tenants.named("Small", "starter");
    small.server();
    List<Callable<Object>> askers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      askers.add(() -> create(small, domain(), null));
    }
    var answers = together(askers);
    assertThat(answers).filteredOn(Created.class::isInstance).hasSize(5);
    assertThat(answers).filteredOn(PlanLimitReached.class::isInstance).hasSize(3);
    assertThat(as(small, () -> sites.stats().totalSites())).isEqualTo(5);
  }

  @Test
  void aDoubleClickMakesOneSite() throws Exception {
    var domain = domain();
    var key = "click-" + Uuid7.next();
    var answers = together(() -> create(acme, domain, key), () -> create(acme, domain, key),
        () -> create(acme, domain, key));
    assertThat(answers).hasOnlyElementsOfType(Created.class).extracting(answer -> ((Created) answer).site())
        .containsOnly(((Created) answers.getFirst()).site());
    assertThat(as(acme, () -> operations.page(null, ((Created) answers.getFirst()).site().value(), null, 10)))
        .hasSize(1);
  }

  @Test
  void anotherTenantsSiteIsNotFoundByAnyWay() {
    var site = create(acme, domain(), null).site();
    as(globex, () -> {
      assertThatThrownBy(() -> sites.get(site)).isInstanceOf(SiteNotFound.class);
      assertThatThrownBy(() -> sites.delete(site, new DeleteSite("x.example", true), Actor.PANEL))
          .isInstanceOf(SiteNotFound.class);
      assertThatThrownBy(() -> sites.tryAgain(site, Actor.PANEL)).isInstanceOf(SiteNotFound.class);
      assertThatThrownBy(() -> sites.disable(site, Actor.PANEL)).isInstanceOf(SiteNotFound.class);
      assertThatThrownBy(() -> sites.enable(site, Actor.PANEL)).isInstanceOf(SiteNotFound.class);
      assertThat(sites.page(new SiteFilter(null, null, null, 100))).isEmpty();
      return null;
    });
  }

  @Test
  void withoutAServerNothingIsPromised() {
    var newcomer = Tenants.named("Newcomer", "pro");
    var domain = domain();
    assertThatThrownBy(() -> as(newcomer, () -> sites.create(
        new CreateSite(DomainName.parse(domain), SiteType.STATIC, null, new io.chom.servers.ServerId(Uuid7.next()),
            null),
        Actor.PANEL))).isInstanceOfAny(NoServerAvailable.class, io.chom.servers.ServerNotFound.class);
    assertThat(as(newcomer, () -> sites.stats().totalSites())).isZero();
    assertThat(as(newcomer, () -> operations.page(null, null, null, 10))).isEmpty();
  }

  @Test
  void aSiteIsDeletedOnlyByItsNameAndOnlyOnce() throws Exception {
    var domain = domain();
    var site = ready(create(acme, domain, null));
    assertThat(refusal(() -> delete(site, "another.example")).reason()).isEqualTo(Reason.NAME_DOES_NOT_MATCH);
    var answers = together(() -> delete(site, domain.toUpperCase(java.util.Locale.ROOT)), () -> delete(site, domain));
    assertThat(answers).filteredOn(Operation.class::isInstance).hasSize(1);
    assertThat(answers).filteredOn(SiteRefused.class::isInstance).singleElement(type(SiteRefused.class))
        .extracting(SiteRefused::reason).isEqualTo(Reason.NOT_IN_THIS_STATE);
  }

  @Test
  void aSiteIsClosedOnceHoweverManyAskAndOnlyAClosedOneIsOpened() throws Exception {
    var site = ready(create(acme, domain(), null));
    assertThat(refusal(() -> as(acme, () -> sites.enable(site, Actor.PANEL))).reason())
        .isEqualTo(Reason.NOT_IN_THIS_STATE);
    var answers = together(() -> as(acme, () -> sites.disable(site, Actor.PANEL)),
        () -> as(acme, () -> sites.disable(site, Actor.PANEL)));
    assertThat(answers).filteredOn(Operation.class::isInstance).hasSize(1);
    assertThat(status(site)).isEqualTo(SiteStatus.UPDATING);
    end(disableSite, (Operation) answers.stream().filter(Operation.class::isInstance).findFirst().orElseThrow());
    assertThat(status(site)).isEqualTo(SiteStatus.DISABLED);
    end(enableSite, as(acme, () -> sites.enable(site, Actor.PANEL)));
    assertThat(status(site)).isEqualTo(SiteStatus.ACTIVE);
  }

  @Test
  void whatIsCancelledBeforeItBeganLeavesTheSiteAsItWas() {
    var site = ready(create(acme, domain(), null));
    var disabling = as(acme, () -> sites.disable(site, Actor.PANEL));
    as(acme, () -> cancellation.cancel(disabling.id(), Actor.PANEL));
    assertThat(status(site)).isEqualTo(SiteStatus.ACTIVE);

    end(disableSite, as(acme, () -> sites.disable(site, Actor.PANEL)));
    var deleting = delete(site, as(acme, () -> sites.get(site)).domain());
    as(acme, () -> cancellation.cancel(deleting.id(), Actor.PANEL));
    assertThat(status(site)).isEqualTo(SiteStatus.DISABLED);
  }

  private SiteStatus status(SiteId site) {
    return as(acme, () -> sites.get(site)).status();
  }

  private void end(TurnSite handler, Operation operation) {
    as(acme, () -> transaction.execute(_ -> {
      handler.whenSucceeded(operation, operation.payload());
      return true;
    }));
  }

  @Test
  void onlyASiteThatFailedIsBuiltAgain() {
    var site = create(acme, domain(), null).site();
    assertThat(refusal(() -> as(acme, () -> sites.tryAgain(site, Actor.PANEL))).reason())
        .isEqualTo(Reason.NOT_IN_THIS_STATE);
  }

  @Test
  void pagesGoOnWhereTheLastOneEndedWhateverIsAddedMeanwhile() {
    for (int i = 0; i < 5; i++) {
      create(acme, domain(), null);
    }
    var first = as(acme, () -> sites.page(new SiteFilter(null, null, null, 3)));
    create(acme, domain(), null);
    var second = as(acme, () -> sites.page(new SiteFilter(null, null, first.getLast().id(), 3)));
    assertThat(second).hasSize(2).doesNotContainAnyElementsOf(first);
  }

  @Test
  void findsAPartOfANameAndTakesPatternCharactersAsTheyAre() {
    var domain = domain();
    create(acme, domain, null);
    assertThat(as(acme, () -> sites.page(new SiteFilter(domain.substring(3, 9).toUpperCase(java.util.Locale.ROOT),
        SiteStatus.PROVISIONING, null, 10)))).hasSize(1);
    assertThat(as(acme, () -> sites.page(new SiteFilter("%", null, null, 10)))).isEmpty();
    assertThat(as(acme, () -> sites.page(new SiteFilter("' or 1=1 --", null, null, 10)))).isEmpty();
  }

  private SiteId ready(Created created) {
    RealServices.asAdministrator("update site set status = 'ACTIVE' where id = '" + created.site() + "'");
    return created.site();
  }

  private Operation delete(SiteId site, String name) {
    return as(acme, () -> sites.delete(site, new DeleteSite(name, false), Actor.PANEL));
  }

  private Created create(Tenants tenant, String domain, @Nullable String key) {
    return as(tenant, () -> sites.create(new CreateSite(DomainName.parse(domain), SiteType.PHP, null, null, key),
        Actor.PANEL));
  }

  private static SiteRefused refusal(Supplier<?> work) {
    try {
      throw new AssertionError("not refused: " + work.get());
    } catch (SiteRefused refused) {
      return refused;
    }
  }

  private static <T> T as(Tenants tenant, Supplier<T> work) {
    return TenantContext.callAs(tenant.id(), work::get);
  }

  private static String domain() {
    return "d" + Uuid7.next().toString().replace("-", "").substring(8) + ".example";
  }

  @SafeVarargs
  private static List<Object> together(Callable<Object>... askers) throws Exception {
    return together(List.of(askers));
  }

  private static List<Object> together(List<Callable<Object>> askers) throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Object> answers = new ArrayList<>();
      for (var answer : threads.invokeAll(askers)) {
        try {
          answers.add(answer.get());
        } catch (java.util.concurrent.ExecutionException e) {
          answers.add(java.util.Objects.requireNonNull(e.getCause()));
        }
      }
      return answers;
    }
  }
}
