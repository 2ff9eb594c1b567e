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
import io.chom.operations.Claim;
import io.chom.operations.Operation;
import io.chom.operations.OperationHandler;
import io.chom.operations.OperationNotFound;
import io.chom.operations.OperationRunner;
import io.chom.operations.OperationStatus;
import io.chom.operations.Operations;
import io.chom.sites.SiteRefused.Reason;
import io.chom.tenancy.TenantContext;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
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
import tools.jackson.databind.json.JsonMapper;

/** What can be taken back, until when, and what is in the way. */
@ExtendWith(RealServices.class)
@SpringBootTest(properties = "chom.worker.enabled=false")
class SiteUndoTest {
  @Autowired
  Sites sites;
  @Autowired
  SiteUndo undo;
  @Autowired
  Retention retention;
  @Autowired
  Operations operations;
  @Autowired
  OperationRunner runner;
  @Autowired
  Cancellation cancellation;
  @Autowired
  SiteRepository repository;
  @Autowired
  RemoveSite removeSite;
  @Autowired
  RestoreSite restoreSite;
  @Autowired
  PurgeSite purgeSite;
  @Autowired
  TurnSite disableSite;
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
  void aDeletedSiteComesBackOnceHoweverManyAsk() throws Exception {
    var site = deleted(acme, domain());
    assertThat(as(acme, () -> sites.deleted(10))).extracting(DeletedSite::id).contains(site);
    var answers = together(() -> back(acme, site), () -> back(acme, site), () -> back(acme, site));
    assertThat(answers).filteredOn(Operation.class::isInstance).hasSize(1);
    assertThat(answers).filteredOn(SiteRefused.class::isInstance).hasSize(2);
    assertThat(status(acme, site)).isEqualTo(SiteStatus.RESTORING);
    assertThat(as(acme, () -> sites.deleted(10))).extracting(DeletedSite::id).doesNotContain(site);

    end(acme, restoreSite, only(answers), Map.of("user", "x", "state", "active"));
    assertThat(status(acme, site)).isEqualTo(SiteStatus.ACTIVE);
    assertThat(as(acme, () -> audit.page(null, 10))).extracting(AuditEvent::action).contains("site.undo-deletion");
  }

  @Test
  void aSiteThatWasClosedComesBackClosed() {
    var site = deleted(acme, domain());
    end(acme, restoreSite, back(acme, site), Map.of("state", "disabled"));
    assertThat(status(acme, site)).isEqualTo(SiteStatus.DISABLED);
  }

  @Test
  void aSiteBetweenTwoStatesIsNoBetterForHavingBeenDeleted() {
    var site = deleted(acme, domain());
    RealServices.asAdministrator("update site set half_restored = true where id = '" + site + "'");
    end(acme, restoreSite, back(acme, site), Map.of("state", "active"));
    assertThat(as(acme, () -> sites.get(site))).satisfies(view -> {
      assertThat(view.status()).isEqualTo(SiteStatus.FAILED);
      assertThat(view.halfRestored()).isTrue();
    });
  }

  @Test
  void anotherTenantsDeletedSiteIsNotFoundByAnyWay() {
    var site = deleted(acme, domain());
    var deletion = last(acme, site);
    as(globex, () -> {
      assertThatThrownBy(() -> sites.undoDeletion(site, Actor.PANEL)).isInstanceOf(SiteNotFound.class);
      assertThatThrownBy(() -> undo.undo(deletion.id(), Actor.PANEL)).isInstanceOf(OperationNotFound.class);
      assertThat(sites.deleted(100)).extracting(DeletedSite::id).doesNotContain(site);
      assertThat(retention.end(site)).isFalse();
      return null;
    });
    assertThat(back(acme, site).status()).isEqualTo(OperationStatus.QUEUED);
  }

  @Test
  void aNameThatAnotherTenantTookMeanwhileIsNotAvailable() {
    var domain = domain();
    var site = deleted(acme, domain);
    create(globex, domain);
    var own = refusal(() -> back(acme, site));
    assertThat(own.reason()).isEqualTo(Reason.DOMAIN_NOT_AVAILABLE);
    assertThat(own.getMessage()).isEqualTo(refusal(() -> create(acme, domain)).getMessage());
    assertThat(as(acme, () -> sites.deleted(10))).extracting(DeletedSite::id).contains(site);
    assertThat(last(acme, site).type()).isEqualTo(SiteOperations.DELETE);
  }

  @Test
  void oneOfTwoWhoWantTheNameAtOnceGetsIt() throws Exception {
    var domain = domain();
    var site = deleted(acme, domain);
    var answers = together(() -> back(acme, site), () -> create(globex, domain));
    assertThat(answers).filteredOn(SiteRefused.class::isInstance).singleElement(type(SiteRefused.class))
        .extracting(SiteRefused::reason).isEqualTo(Reason.DOMAIN_NOT_AVAILABLE);
  }

  @Test
  void aPlanThatIsFullByNowHasNoRoomForIt() {
    var small = Tenants.named("Small", "starter");
    small.server();
    var site = deleted(small, domain());
    for (int i = 0; i < 5; i++) {
      create(small, domain());
    }
    assertThatThrownBy(() -> back(small, site)).isInstanceOf(PlanLimitReached.class);
    assertThat(as(small, () -> sites.deleted(10))).hasSize(1);
  }

  @Test
  void aServerThatIsNotReadyIsNamed() {
    var site = deleted(acme, domain());
    RealServices.asAdministrator("update vps_server set status = 'UNREACHABLE' where id = (select server_id from site"
        + " where id = '" + site + "')");
    assertThat(refusal(() -> back(acme, site)).reason()).isEqualTo(Reason.SERVER_NOT_READY);
  }

  @Test
  void whatWasDeletedForGoodNeverComesBack() {
    var site = ready(acme, create(acme, domain()));
    end(acme, removeSite, delete(acme, site, true), Map.of("retained", false));
    assertThatThrownBy(() -> back(acme, site)).isInstanceOf(SiteNotFound.class);
    assertThat(as(acme, () -> undo.possible(last(acme, site)))).isFalse();
  }

  @Test
  void whatTheServerRefusesUntouchedCanBeTriedAgainAndWhatFailedHalfWayIsShown() {
    var site = deleted(acme, domain());
    fail(acme, restoreSite, back(acme, site), "DOMAIN_IN_USE");
    assertThat(as(acme, () -> sites.deleted(10))).extracting(DeletedSite::id).contains(site);
    fail(acme, restoreSite, back(acme, site), "CONFIG_REJECTED");
    assertThat(status(acme, site)).isEqualTo(SiteStatus.FAILED);
    var again = as(acme, () -> sites.tryAgain(site, Actor.PANEL));
    assertThat(again.type()).isEqualTo(SiteOperations.RESTORE);
    end(acme, restoreSite, again, Map.of("state", "active"));
    assertThat(status(acme, site)).isEqualTo(SiteStatus.ACTIVE);
    assertThat(as(acme, () -> sites.deleted(10))).extracting(DeletedSite::id).doesNotContain(site);
  }

  @Test
  void bringingBackThatIsCancelledBeforeItBeganLeavesTheSiteDeleted() {
    var site = deleted(acme, domain());
    var operation = back(acme, site);
    as(acme, () -> cancellation.cancel(operation.id(), Actor.PANEL));
    assertThat(as(acme, () -> sites.deleted(10))).extracting(DeletedSite::id).contains(site);
  }

  @Test
  void theTimeOfADeletedSiteEndsOnceHoweverManyNodesAsk() throws Exception {
    var site = deleted(acme, domain());
    assertThat(as(acme, () -> ending(at(Duration.ofDays(6)), site))).isFalse();
    var later = at(Duration.ofDays(8));
    var answers = together(() -> as(acme, () -> ending(later, site)), () -> as(acme, () -> ending(later, site)));
    assertThat(answers).containsExactlyInAnyOrder(true, false);
    var purge = last(acme, site);
    assertThat(purge.type()).isEqualTo(SiteOperations.PURGE);
    assertThat(purge.payload().path("purge").asBoolean()).isTrue();
    assertThatThrownBy(() -> back(acme, site)).isInstanceOf(SiteNotFound.class);
    assertThat(as(acme, () -> audit.page(null, 10))).extracting(AuditEvent::action).contains("site.purge");

    // it failed: tried again an hour later, and not sooner
    fail(acme, purgeSite, purge, "BUSY");
    assertThat(as(acme, () -> ending(later, site))).isFalse();
    assertThat(as(acme, () -> ending(at(Duration.ofDays(8).plusHours(2)), site))).isTrue();
    end(acme, purgeSite, last(acme, site), Map.of("retained", false));
    assertThat(as(acme, () -> ending(at(Duration.ofDays(100)), site))).isFalse();
  }

  @Test
  void theTimeEndsOnceForASiteWhoseServerHasLeftTheFleet() {
    var site = deleted(acme, domain());
    var server = last(acme, site).server();
    RealServices.asAdministrator("update vps_server set status = 'DECOMMISSIONED' where id = '" + server + "'");
    var later = at(Duration.ofDays(8));
    assertThat(as(acme, () -> ending(later, site))).isTrue();
    var purge = last(acme, site).id();
    RealServices.asAdministrator("update operation set status = 'RUNNING', fence = 1, lease_owner = 'here',"
        + " lease_expires_at = now() + interval '1 hour' where id = '" + purge + "'");
    runner.run(new Claim(acme.id(), purge, 1, false, false, 0), () -> true);

    assertThat(as(acme, () -> operations.get(purge)).status()).isEqualTo(OperationStatus.SUCCEEDED);
    assertThat(as(acme, () -> ending(at(Duration.ofDays(100)), site))).isFalse();
  }

  @Test
  void aChangeIsTakenBackOnlyWhileItIsTheLastAndForADay() {
    var site = ready(acme, create(acme, domain()));
    var closing = as(acme, () -> sites.disable(site, Actor.PANEL));
    assertThat(as(acme, () -> undo.possible(operations.get(closing.id())))).isFalse();
    end(acme, disableSite, closing, Map.of());
    var closed = as(acme, () -> operations.get(closing.id()));
    assertThat(as(acme, () -> undo.possible(closed))).isTrue();
    var tomorrow = new SiteUndo(sites, operations, Clock.offset(Clock.systemUTC(), SiteUndo.LIMIT.plusMinutes(1)));
    assertThat(as(acme, () -> tomorrow.possible(closed))).isFalse();

    var opening = as(acme, () -> undo.undo(closing.id(), Actor.PANEL));
    assertThat(opening.type()).isEqualTo(SiteOperations.ENABLE);
    assertThat(refusal(() -> as(acme, () -> undo.undo(closing.id(), Actor.PANEL))).reason())
        .isEqualTo(Reason.CHANGED_SINCE);
  }

  private boolean ending(Retention later, SiteId site) {
    return Boolean.TRUE.equals(transaction.execute(_ -> later.end(site)));
  }

  private Retention at(Duration later) {
    return new Retention(repository, operations, audit, Clock.offset(Clock.systemUTC(), later));
  }

  private SiteId deleted(Tenants tenant, String domain) {
    var site = ready(tenant, create(tenant, domain));
    end(tenant, removeSite, delete(tenant, site, false), Map.of("retained", true));
    return site;
  }

  private static SiteId ready(Tenants tenant, Created created) {
    RealServices.asAdministrator("update site set status = 'ACTIVE' where id = '" + created.site() + "'");
    RealServices.asAdministrator("update operation set status = 'SUCCEEDED', finished_at = now() where id = '"
        + created.operation().id() + "'");
    return created.site();
  }

  private Operation delete(Tenants tenant, SiteId site, boolean purge) {
    return as(tenant, () -> sites.delete(site, new DeleteSite(sites.get(site).domain(), purge), Actor.PANEL));
  }

  private Operation back(Tenants tenant, SiteId site) {
    return as(tenant, () -> sites.undoDeletion(site, Actor.PANEL));
  }

  private Operation last(Tenants tenant, SiteId site) {
    return as(tenant, () -> operations.page(null, site.value(), null, 1)).getFirst();
  }

  private void end(Tenants tenant, OperationHandler handler, Operation operation, Map<String, Object> result) {
    as(tenant, () -> transaction.execute(_ -> {
      handler.whenSucceeded(operation, JsonMapper.shared().valueToTree(result));
      return true;
    }));
    mark(operation, "SUCCEEDED");
  }

  private void fail(Tenants tenant, OperationHandler handler, Operation operation, String code) {
    as(tenant, () -> transaction.execute(_ -> {
      handler.whenFailed(operation, code, "It did not work.");
      return true;
    }));
    mark(operation, "FAILED");
  }

  private static void mark(Operation operation, String status) {
    RealServices.asAdministrator("update operation set status = '" + status + "', finished_at = now() where id = '"
        + operation.id() + "'");
  }

  private SiteStatus status(Tenants tenant, SiteId site) {
    return as(tenant, () -> sites.get(site)).status();
  }

  private Created create(Tenants tenant, String domain) {
    return as(tenant, () -> sites.create(new CreateSite(DomainName.parse(domain), SiteType.PHP, null, null, null),
        Actor.PANEL));
  }

  private static Operation only(List<Object> answers) {
    return (Operation) answers.stream().filter(Operation.class::isInstance).findFirst().orElseThrow();
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
    return "u" + Uuid7.next().toString().replace("-", "").substring(8) + ".example";
  }

  @SafeVarargs
  private static List<Object> together(Callable<Object>... askers) throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Object> answers = new ArrayList<>();
      for (var answer : threads.invokeAll(List.of(askers))) {
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
