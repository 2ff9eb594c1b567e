package io.chom.accounts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.accounts.AccountRefused.Reason;
import io.chom.audit.Audit;
import io.chom.audit.AuditEvent;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import io.chom.testing.ChomTest;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import io.chom.testing.Tenants.Person;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

@ChomTest
class TokensTests {
  private final Tokens tokens;
  private final Access access;
  private final People people;
  private final Audit audit;
  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();

  TokensTests(@Autowired Tokens tokens, @Autowired Access access, @Autowired People people, @Autowired Audit audit) {
    this.tokens = tokens;
    this.access = access;
    this.people = people;
    this.audit = audit;
  }

  private Caller caller(TenantId tenant, Person person) {
    return access.caller(people.byId(person.id()).orElseThrow().signedIn(), tenant).orElseThrow();
  }

  private CreatedToken create(Caller caller, String... scopes) {
    return TenantContext.callAs(caller.tenant(),
        () -> tokens.create(caller, new NewToken("ci", Set.of(scopes), null)));
  }

  private static void sql(String sql, Object... values) throws SQLException {
    try (var connection = RealServices.asAdministrator(); var statement = connection.prepareStatement(sql)) {
      for (var i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      statement.executeUpdate();
    }
  }

  @Test
  void aTokenIsShownOnceAndKeptAsAHash() throws SQLException {
    var made = create(caller(acme.id(), acme.admin()), "sites:read");
    assertThat(made.token()).matches("chom_[A-Za-z0-9_-]{43}");
    assertThat(made.toString()).doesNotContain(made.token());
    try (var connection = RealServices.asAdministrator();
        var statement = connection.prepareStatement("select row_to_json(t)::text from api_token t where id = ?")) {
      statement.setObject(1, made.id());
      try (var rows = statement.executeQuery()) {
        rows.next();
        assertThat(rows.getString(1)).doesNotContain(made.token().substring(5));
      }
    }
  }

  @Test
  void noTwoTokensAreAlike() {
    var admin = caller(acme.id(), acme.admin());
    var seen = new HashSet<String>();
    for (var i = 0; i < 20; i++) {
      assertThat(seen.add(create(admin, "sites:read").token())).isTrue();
    }
  }

  @Test
  void aTokenMayNeitherMoreThanItsScopesNorMoreThanItsOwner() {
    var reader = access.caller(create(caller(acme.id(), acme.admin()), "sites:read").token()).orElseThrow();
    assertThat(reader.permissions()).containsExactly(Permission.SITES_READ);
    var viewer = acme.viewer();
    var viewers = access.caller(create(caller(acme.id(), viewer), "*").token()).orElseThrow();
    assertThat(viewers.permissions()).isEqualTo(Access.of(Role.VIEWER));
    assertThat(viewers.counted()).as("its own limits").isNotEqualTo(viewer.id().value());
  }

  @Test
  void nobodyMakesATokenMightierThanThemselves() {
    assertThatThrownBy(() -> create(caller(acme.id(), acme.viewer()), "sites:write"))
        .isInstanceOfSatisfying(AccountRefused.class, e -> assertThat(e.reason()).isEqualTo(Reason.SCOPE_NOT_HELD));
    assertThatThrownBy(() -> create(caller(acme.id(), acme.admin()), "fleet:write"))
        .isInstanceOfSatisfying(AccountRefused.class, e -> assertThat(e.reason()).isEqualTo(Reason.SCOPE_NOT_HELD));
    var small = access.caller(create(caller(acme.id(), acme.admin()), "tokens:write").token()).orElseThrow();
    assertThatThrownBy(() -> create(small, "*")).as("nor a token another one that may all")
        .isInstanceOfSatisfying(AccountRefused.class, e -> assertThat(e.reason()).isEqualTo(Reason.SCOPE_NOT_HELD));
  }

  @Test
  void aScopeThatDoesNotExistIsRefused() {
    for (var scope : new String[]{"", "sites", "SITES_READ", "sites:read,fleet:write", "{*}", "sites:read\n"}) {
      assertThatThrownBy(() -> create(caller(acme.id(), acme.admin()), scope)).as(scope)
          .isInstanceOfSatisfying(AccountRefused.class, e -> {
            assertThat(e.reason()).isEqualTo(Reason.SCOPE_UNKNOWN);
            assertThat(e.field()).isEqualTo("scopes");
          });
    }
  }

  @Test
  void aTokenNeedsANameAndAnEndThatIsStillToCome() {
    var admin = caller(acme.id(), acme.admin());
    TenantContext.runAs(acme.id(), () -> {
      assertThatThrownBy(() -> tokens.create(admin, new NewToken(" ", Set.of("*"), null)))
          .isInstanceOf(AccountRefused.class);
      assertThatThrownBy(() -> tokens.create(admin, new NewToken("ci", Set.of("*"), Instant.now().minusSeconds(1))))
          .isInstanceOfSatisfying(AccountRefused.class, e -> assertThat(e.reason()).isEqualTo(Reason.EXPIRY_PAST));
    });
  }

  @Test
  void aTokenStaysInItsTenantAlsoWhereItsOwnerBelongs() {
    var person = acme.admin();
    globex.join(person, "ADMIN");
    var caller = access.caller(create(caller(acme.id(), person), "*").token()).orElseThrow();
    assertThat(caller.tenant()).isEqualTo(acme.id());
    acme.expel(person);
    // asked anew, as another node would
    var later = new Access(people, tokens, () -> 0).caller(caller.user(), acme.id()).orElseThrow();
    assertThat(later.permissions()).as("no longer a member there").isEmpty();
  }

  @Test
  void aTokenCanBeMadeWithAnEnd() {
    var admin = caller(acme.id(), acme.admin());
    var end = java.time.Instant.now().plusSeconds(3600).truncatedTo(java.time.temporal.ChronoUnit.MILLIS);
    var made = TenantContext.<CreatedToken, RuntimeException>callAs(acme.id(),
        () -> tokens.create(admin, new NewToken("short", java.util.Set.of("*"), end)));
    assertThat(access.caller(made.token())).isPresent();
    assertThat(TenantContext.<java.util.List<TokenView>, RuntimeException>callAs(acme.id(), tokens::list))
        .anySatisfy(token -> assertThat(token.expiresAt()).isEqualTo(end));
  }

  @Test
  void anUnknownExpiredOrRevokedTokenIsNobody() throws SQLException {
    var admin = caller(acme.id(), acme.admin());
    for (var wrong : new String[]{"", "chom_", "chom_" + "a".repeat(43), "x".repeat(100_000),
        "' or 1=1 --" + "x".repeat(40),
        "chom_\u0000" + "a".repeat(42)}) {
      assertThat(access.caller(wrong)).isEmpty();
    }
    var expired = create(admin, "*");
    assertThat(access.caller(expired.token())).isPresent();
    sql("update api_token set expires_at = now() - interval '1 second' where id = ?", expired.id());
    assertThat(access.caller(expired.token())).isEmpty();
    var revoked = create(admin, "*");
    TenantContext.runAs(acme.id(), () -> tokens.revoke(admin, revoked.id()));
    assertThat(access.caller(revoked.token())).isEmpty();
  }

  @Test
  void aTokenOfADisabledPersonOrASuspendedTenantOpensNothing() throws SQLException {
    var person = acme.admin();
    var token = create(caller(acme.id(), person), "*");
    sql("update app_user set disabled = true where id = ?", person.id().value());
    assertThat(access.caller(token.token())).isEmpty();
    var other = create(caller(globex.id(), globex.admin()), "*");
    sql("update tenant set status = 'SUSPENDED' where id = ?", globex.id().value());
    assertThat(access.caller(other.token())).isEmpty();
  }

  @Test
  void anotherTenantsTokenIsNotThere() {
    var made = create(caller(acme.id(), acme.admin()), "*");
    var stranger = caller(globex.id(), globex.admin());
    TenantContext.runAs(globex.id(), () -> {
      assertThat(tokens.list()).isEmpty();
      assertThatThrownBy(() -> tokens.revoke(stranger, made.id())).isInstanceOf(TokenNotFound.class);
      assertThatThrownBy(() -> tokens.revoke(stranger, UUID.randomUUID())).isInstanceOf(TokenNotFound.class);
    });
    assertThat(access.caller(made.token())).isPresent();
  }

  @Test
  void theListTellsWhenATokenWasUsedAndNeverTheToken() {
    var admin = caller(acme.id(), acme.admin());
    var used = create(admin, "sites:read");
    var unused = create(admin, "*");
    access.caller(used.token());
    TenantContext.runAs(acme.id(), () -> {
      tokens.revoke(admin, unused.id());
      assertThat(tokens.list()).extracting(TokenView::id).containsExactly(unused.id(), used.id());
      assertThat(tokens.list().getFirst().revokedAt()).isNotNull();
      assertThat(tokens.list().getFirst().lastUsedAt()).isNull();
      assertThat(tokens.list().getLast().lastUsedAt()).isNotNull();
      assertThat(tokens.list().getLast().scopes()).containsExactly("sites:read");
      assertThat(tokens.list().toString()).doesNotContain(used.token().substring(5));
    });
  }

  @Test
  void theLogTellsWhoMadeAndEndedAToken() {
    var admin = caller(acme.id(), acme.admin());
    var made = create(admin, "sites:read");
    TenantContext.runAs(acme.id(), () -> {
      tokens.revoke(admin, made.id());
      assertThatThrownBy(() -> tokens.revoke(admin, made.id())).as("once").isInstanceOf(TokenNotFound.class);
      assertThat(audit.page(null, 10)).extracting(AuditEvent::action).containsExactly("token.revoke", "token.create");
      assertThat(audit.page(null, 10)).allSatisfy(event -> {
        assertThat(event.actorLabel()).isEqualTo(admin.user().email());
        assertThat(event.detail()).doesNotContain(made.token());
      });
    });
  }
}
