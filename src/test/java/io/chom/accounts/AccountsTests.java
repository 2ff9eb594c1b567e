package io.chom.accounts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.accounts.AccountRefused.Reason;
import io.chom.audit.Audit;
import io.chom.audit.AuditEvent;
import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import io.chom.testing.ChomTest;
import io.chom.testing.Tenants;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

@ChomTest
class AccountsTests {
  private static final String HERE = "192.0.2.1";
  private static final String PASSWORD = "a password of some length";

  private final Accounts accounts;
  private final People people;
  private final Passwords passwords;
  private final Access access;
  private final Audit audit;
  private final Tenants acme = Tenants.acme();
  private final String mark = Uuid7.next().toString().substring(20);

  AccountsTests(@Autowired Accounts accounts, @Autowired People people, @Autowired Passwords passwords,
      @Autowired Access access, @Autowired Audit audit) {
    this.accounts = accounts;
    this.people = people;
    this.passwords = passwords;
    this.access = access;
    this.audit = audit;
  }

  private List<AuditEvent> platformLog() {
    return TenantContext.callAs(TenantId.PLATFORM, () -> audit.page(null, 50));
  }

  private NewUser ada(String password) {
    return new NewUser("Ada-" + mark + "@Example.org", "Ada", password, false);
  }

  private void refused(Reason reason, Runnable work) {
    assertThatThrownBy(work::run).isInstanceOfSatisfying(AccountRefused.class,
        e -> assertThat(e.reason()).isEqualTo(reason));
  }

  @Test
  void somebodySignsInWithTheirAddressInAnyCaseOfLetters() {
    var id = accounts.createUser(ada(PASSWORD), Actor.PANEL);
    var user = accounts.signIn(" ADA-" + mark.toUpperCase() + "@example.ORG ", PASSWORD, HERE).orElseThrow();
    assertThat(user).isEqualTo(new SignedIn(id, "ada-" + mark + "@example.org", "Ada", false));
    assertThat(platformLog()).anySatisfy(event -> {
      assertThat(event.action()).isEqualTo("login.succeeded");
      assertThat(event.subject()).isEqualTo(id.value());
      assertThat(event.detail()).contains(HERE);
    });
  }

  @Test
  void aWrongPasswordAnUnknownAddressAndADisabledAccountAreTheSame() {
    var person = acme.admin();
    assertThat(accounts.signIn(person.email(), "wrong", HERE)).isEmpty();
    assertThat(accounts.signIn("nobody-" + mark + "@example.org", Tenants.PASSWORD, HERE)).isEmpty();
    assertThat(accounts.signIn("", "", HERE)).isEmpty();
  }

  @Test
  void nobodyCostsAsMuchWorkAsSomebody() {
    var hash = people.byId(accounts.createUser(ada(PASSWORD), Actor.PANEL)).orElseThrow().passwordHash();
    var somebody = Duration.ofDays(1);
    var nobody = Duration.ofDays(1);
    for (var i = 0; i < 8; i++) {
      somebody = shorter(somebody, () -> passwords.matches("wrong", hash));
      nobody = shorter(nobody, () -> passwords.matches("wrong", null));
    }
    assertThat((double) nobody.toNanos() / somebody.toNanos()).isBetween(0.4, 2.5);
    assertThat(passwords.matches("nobody has this password", null)).as("not even with the right word").isFalse();
  }

  private static Duration shorter(Duration shortest, Runnable work) {
    var start = System.nanoTime();
    work.run();
    var took = Duration.ofNanos(System.nanoTime() - start);
    return took.compareTo(shortest) < 0 ? took : shortest;
  }

  @Test
  void passwordsAreKeptAsArgon2idAndWeakerOnesGrowAtLogin() {
    var id = accounts.createUser(ada(PASSWORD), Actor.PANEL);
    assertThat(people.byId(id).orElseThrow().passwordHash()).startsWith("$argon2id$v=19$m=19456,t=2,p=1$");
    var old = acme.admin();
    assertThat(people.byId(old.id()).orElseThrow().passwordHash()).contains("m=16384");
    assertThat(accounts.signIn(old.email(), Tenants.PASSWORD, HERE)).isPresent();
    assertThat(people.byId(old.id()).orElseThrow().passwordHash()).contains("m=19456");
    assertThat(accounts.signIn(old.email(), Tenants.PASSWORD, HERE)).as("with the new one too").isPresent();
  }

  @Test
  void whatWasTypedAsANameIsOneShortLineInTheLog() {
    var canary = "<script>alert(1)</script>\r\nforged: line " + mark;
    assertThat(accounts.signIn(canary + "x".repeat(10_000), "wrong", HERE)).isEmpty();
    assertThat(platformLog()).filteredOn(event -> event.subjectLabel().contains(mark)).singleElement()
        .satisfies(event -> {
          assertThat(event.subjectLabel()).hasSizeLessThanOrEqualTo(254).doesNotContain("\r", "\n");
          assertThat(event.action()).isEqualTo("login.failed");
          assertThat(event.actor()).isNull();
        });
  }

  @Test
  void aPasswordHasTwelveCharactersAndAtMost128Bytes() {
    refused(Reason.PASSWORD_TOO_SHORT, () -> accounts.createUser(ada("elevenchars"), Actor.PANEL));
    refused(Reason.PASSWORD_TOO_SHORT, () -> accounts.createUser(ada("😀".repeat(11)), Actor.PANEL));
    refused(Reason.PASSWORD_TOO_LONG, () -> accounts.createUser(ada("x".repeat(129)), Actor.PANEL));
    refused(Reason.PASSWORD_TOO_LONG, () -> accounts.createUser(ada("ü".repeat(65)), Actor.PANEL));
    refused(Reason.PASSWORD_IS_EMAIL, () -> accounts.createUser(ada("ADA-" + mark + "@example.org"), Actor.PANEL));
    var id = accounts.createUser(ada("ü".repeat(64)), Actor.PANEL);
    var email = people.byId(id).orElseThrow().email();
    assertThat(accounts.signIn(email, "ü".repeat(64), HERE)).isPresent();
    assertThat(accounts.signIn(email, "ü".repeat(64) + "x", HERE)).as("no cutting off").isEmpty();
    assertThat(accounts.signIn(email, "x".repeat(1_000_000), HERE)).isEmpty();
  }

  @Test
  void everyRefusalSaysWhatToDoAndNeverThePassword() {
    assertThatThrownBy(() -> accounts.createUser(ada("short"), Actor.PANEL)).hasMessageContaining("at least 12")
        .hasMessageNotContaining("short (");
    assertThat(ada(PASSWORD).toString()).doesNotContain(PASSWORD);
  }

  @Test
  void anAddressIsTakenOnceInAnyCaseOfLetters() {
    accounts.createUser(ada(PASSWORD), Actor.PANEL);
    refused(Reason.EMAIL_TAKEN,
        () -> accounts.createUser(new NewUser("ADA-" + mark + "@EXAMPLE.org", "x", PASSWORD, false), Actor.PANEL));
    for (var bad : new String[]{"", "ada", "ada@", "@example.org", "a b@example.org", "a@b@c", "a@b\r\nBcc: x"}) {
      refused(Reason.EMAIL_INVALID, () -> accounts.createUser(new NewUser(bad, "x", PASSWORD, false), Actor.PANEL));
    }
  }

  @Test
  void aTenantIsMadeWithItsNameInItsOwnLog() {
    var tenant = accounts.createTenant(new NewTenant("Initech", "initech-" + mark, "starter"), Actor.PANEL);
    TenantContext.runAs(tenant, () -> {
      assertThat(audit.page(null, 5)).extracting(AuditEvent::action).containsExactly("tenant.create");
      assertThat(audit.verify()).isEmpty();
    });
    refused(Reason.SLUG_TAKEN,
        () -> accounts.createTenant(new NewTenant("Other", "initech-" + mark, "starter"), Actor.PANEL));
    refused(Reason.TIER_UNKNOWN,
        () -> accounts.createTenant(new NewTenant("Other", "other-" + mark, "gold"), Actor.PANEL));
    for (var bad : new String[]{"", "-a", "a-", "A", "a_b", "a.b", "x".repeat(64), "ä"}) {
      refused(Reason.SLUG_INVALID, () -> accounts.createTenant(new NewTenant("Other", bad, "starter"), Actor.PANEL));
    }
  }

  @Test
  void aMemberIsThereAtOnceForWhoeverAddedThem() {
    var id = accounts.createUser(ada(PASSWORD), Actor.PANEL);
    var user = people.byId(id).orElseThrow().signedIn();
    assertThat(access.reachable(user)).isEmpty();
    accounts.addMembership(acme.id(), id, Role.MEMBER, Actor.PANEL);
    assertThat(access.caller(user, acme.id()).orElseThrow().role()).isEqualTo(Role.MEMBER);
    accounts.addMembership(acme.id(), id, Role.VIEWER, Actor.PANEL);
    assertThat(access.caller(user, acme.id()).orElseThrow().role()).isEqualTo(Role.VIEWER);
    assertThat(accounts.membershipsOf(id)).extracting(Membership::tenantName).containsExactly(acme.name());
  }

  @Test
  void aTenantReadsInItsOwnLogThatAnOperatorSteppedIn() {
    var operator = people.byId(Tenants.operator().id()).orElseThrow().signedIn();
    accounts.noteEntered(access.caller(operator, null).orElseThrow(), acme.id(), HERE);
    TenantContext.runAs(acme.id(), () -> assertThat(audit.page(null, 5)).singleElement().satisfies(event -> {
      assertThat(event.action()).isEqualTo("operator.enter");
      assertThat(event.actorLabel()).isEqualTo(operator.email());
    }));
  }
}
