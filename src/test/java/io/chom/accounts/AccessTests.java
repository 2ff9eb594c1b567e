package io.chom.accounts;

import static io.chom.accounts.Permission.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.chom.common.Actor;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import io.chom.testing.ChomTest;
import io.chom.testing.Tenants;
import io.chom.testing.Tenants.Person;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;

@ChomTest
class AccessTests {
  private static final Duration BELIEVED_FOR = Duration.ofSeconds(5);

  private final People people;
  private final Tokens tokens;
  private final Accounts accounts;
  private final JdbcClient jdbc;
  private final AtomicLong nanos = new AtomicLong();
  private final Access access;
  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();

  AccessTests(@Autowired People people, @Autowired Tokens tokens, @Autowired Accounts accounts,
      @Autowired JdbcClient jdbc) {
    this.people = people;
    this.tokens = tokens;
    this.accounts = accounts;
    this.jdbc = jdbc;
    this.access = new Access(people, tokens, nanos::get);
  }

  private SignedIn signedIn(Person person) {
    return people.byId(person.id()).orElseThrow().signedIn();
  }

  private Caller in(Tenants tenant, Person person) {
    return access.caller(signedIn(person), tenant.id()).orElseThrow();
  }

  private void timePasses(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  @Test
  void everyRoleMayWhatTheTableSays() {
    var viewer = EnumSet.of(SITES_READ, BACKUPS_READ, OPERATIONS_READ, METRICS_READ, TEAM_READ, NOTIFICATIONS_READ,
        NOTIFICATIONS_WRITE);
    assertThat(Access.of(Role.VIEWER)).isEqualTo(viewer);
    var member = EnumSet.copyOf(viewer);
    member.addAll(Set.of(SITES_WRITE, BACKUPS_WRITE, BACKUPS_RUN, OPERATIONS_WRITE));
    assertThat(Access.of(Role.MEMBER)).isEqualTo(member);
    var admin = EnumSet.copyOf(member);
    admin.addAll(
        Set.of(SITES_DELETE, BACKUPS_RESTORE, BACKUPS_SCHEDULE, BACKUPS_DELETE, NOTIFICATIONS_MANAGE, AUDIT_READ,
            TEAM_WRITE, TOKENS_READ,
            TOKENS_WRITE));
    assertThat(Access.of(Role.ADMIN)).isEqualTo(admin);
    var owner = EnumSet.copyOf(admin);
    owner.add(TENANT_WRITE);
    assertThat(Access.of(Role.OWNER)).isEqualTo(owner);
  }

  @Test
  void noRoleOfATenantReachesTheFleet() {
    for (var role : Role.values()) {
      assertThat(Access.of(role)).doesNotContain(FLEET_READ, FLEET_WRITE, TENANTS_ACT);
    }
  }

  @Test
  void aRightEndsAtTheBorderOfTheTenant() {
    var admin = acme.admin();
    assertThat(in(acme, admin).permissions()).isEqualTo(Access.of(Role.ADMIN));
    assertThat(in(globex, admin).permissions()).isEmpty();
    assertThat(in(globex, admin).tenantName()).as("not even its name").isEmpty();
    assertThat(access.caller(signedIn(admin), TenantId.PLATFORM).orElseThrow().permissions()).isEmpty();
    assertThat(access.mayEnter(signedIn(admin), globex.id())).isFalse();
    assertThat(access.mayEnter(signedIn(admin), TenantId.PLATFORM)).isFalse();
    assertThat(access.mayEnter(signedIn(admin), TenantId.NONE)).isFalse();
  }

  @Test
  void onePersonMayBeDifferentThingsInDifferentTenants() {
    var person = acme.admin();
    globex.join(person, "VIEWER");
    assertThat(in(acme, person).can(SITES_WRITE)).isTrue();
    assertThat(in(globex, person).can(SITES_WRITE)).isFalse();
    assertThat(in(globex, person).can(SITES_READ)).isTrue();
    assertThat(access.reachable(signedIn(person))).extracting(TenantName::id).containsExactly(acme.id(), globex.id());
  }

  @Test
  void somebodyWithoutATenantMayNothing() {
    var person = acme.viewer();
    acme.expel(person);
    var caller = access.caller(signedIn(person), null).orElseThrow();
    assertThat(caller.tenant()).isEqualTo(TenantId.NONE);
    assertThat(caller.permissions()).isEmpty();
  }

  @Test
  void anOperatorStepsIntoEveryTenantAndStartsAtThePlatform() {
    var operator = signedIn(Tenants.operator());
    var caller = access.caller(operator, null).orElseThrow();
    assertThat(caller.tenant()).isEqualTo(TenantId.PLATFORM);
    assertThat(caller.permissions()).containsExactlyInAnyOrder(Permission.values());
    assertThat(access.reachable(operator)).extracting(TenantName::id).startsWith(TenantId.PLATFORM)
        .contains(acme.id(), globex.id());
    var inAcme = access.caller(operator, acme.id()).orElseThrow();
    assertThat(inAcme.tenantName()).isEqualTo(acme.name());
    assertThat(inAcme.role()).isNull();
    var nowhere = new TenantId(java.util.UUID.randomUUID());
    assertThat(access.caller(operator, nowhere).orElseThrow().permissions()).isEmpty();
  }

  @Test
  void anOperatorEntersATenantThatWasMadeAMomentAgo() {
    var operator = signedIn(Tenants.operator());
    access.reachable(operator);
    assertThat(access.mayEnter(operator, Tenants.named("Newcomer", "starter").id())).isTrue();
  }

  @Test
  void aWithdrawnMembershipIsGoneAfterFiveSeconds() {
    var person = acme.admin();
    var caller = in(acme, person);
    assertThat(access.stillAllowed(caller, SITES_WRITE)).isTrue();
    acme.expel(person);
    timePasses(BELIEVED_FOR);
    assertThat(in(acme, person).permissions()).isEmpty();
    assertThat(access.stillAllowed(caller, SITES_WRITE)).isFalse();
  }

  @Test
  void aSmallerRoleCountsAfterFiveSeconds() {
    var person = acme.admin();
    var caller = in(acme, person);
    acme.join(person, "VIEWER");
    timePasses(BELIEVED_FOR);
    assertThat(access.stillAllowed(caller, SITES_WRITE)).isFalse();
    assertThat(access.stillAllowed(caller, SITES_READ)).isTrue();
  }

  @Test
  void aDisabledPersonIsNobodyAfterFiveSeconds() {
    var person = acme.admin();
    var caller = in(acme, person);
    jdbc.sql("update app_user set disabled = true where id = :id").param("id", person.id().value()).update();
    timePasses(BELIEVED_FOR);
    assertThat(access.caller(signedIn(person), acme.id())).isEmpty();
    assertThat(access.stillAllowed(caller, SITES_READ)).isFalse();
  }

  @Test
  void aDismissedOperatorMayNothingAfterFiveSeconds() {
    var person = Tenants.operator();
    var caller = access.caller(signedIn(person), acme.id()).orElseThrow();
    jdbc.sql("update app_user set operator = false where id = :id").param("id", person.id().value()).update();
    timePasses(BELIEVED_FOR);
    assertThat(access.stillAllowed(caller, FLEET_READ)).isFalse();
    assertThat(access.reachable(signedIn(person))).isEmpty();
  }

  @Test
  void aStreamWatchedByTokenEndsWithTheToken() {
    var owner = in(acme, acme.admin());
    var made = TenantContext.callAs(acme.id(),
        () -> tokens.create(owner, new NewToken("ci", Set.of("operations:read"), null)));
    var caller = access.caller(made.token()).orElseThrow();
    assertThat(access.stillAllowed(caller, OPERATIONS_READ)).isTrue();
    assertThat(access.stillAllowed(caller, SITES_READ)).as("a scope it never had").isFalse();
    TenantContext.runAs(acme.id(), () -> tokens.revoke(owner, made.id()));
    assertThat(access.stillAllowed(caller, OPERATIONS_READ)).isFalse();
  }

  @Test
  void whatASessionRemembersOfAPersonDoesNotCount() {
    var operator = Tenants.operator();
    var remembered = new SignedIn(operator.id(), "old@example.org", "Old name", false);
    assertThat(access.caller(remembered, null).orElseThrow().user()).isEqualTo(signedIn(operator));
    var admin = acme.admin();
    var pretending = new SignedIn(admin.id(), admin.email(), admin.name(), true);
    var caller = access.caller(pretending, globex.id()).orElseThrow();
    assertThat(caller.operator()).isFalse();
    assertThat(caller.user().operator()).isFalse();
    assertThat(caller.permissions()).isEmpty();
  }

  @Test
  void aNewPasswordGivesANewStamp() {
    var person = acme.admin();
    var before = access.stamp(person.id()).orElseThrow();
    accounts.setPassword(person.id(), "another long password", Actor.PANEL);
    timePasses(BELIEVED_FOR);
    assertThat(access.stamp(person.id())).isPresent().get().isNotEqualTo(before);
    assertThat(people.byId(person.id()).orElseThrow().passwordHash()).doesNotContain(before);
  }

  @Test
  void everyPermissionHasAScopeOfItsOwn() {
    assertThat(Permission.values()).extracting(Permission::scope).doesNotHaveDuplicates();
    assertThat(Permission.values()).allSatisfy(
        permission -> assertThat(Permission.ofScope(permission.scope())).contains(permission));
  }
}
