package io.chom.accounts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.common.Uuid7;
import io.chom.tenancy.TenantId;
import io.chom.testing.ChomTest;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;

@ChomTest
class BootstrapTests {
  private static final String HERE = "192.0.2.1";
  private static final String PASSWORD = "a password of some length";

  private final Accounts accounts;
  private final Tokens tokens;
  private final Access access;
  private final JdbcClient jdbc;
  private final String mark = Uuid7.next().toString().substring(20);

  BootstrapTests(@Autowired Accounts accounts, @Autowired Tokens tokens, @Autowired Access access,
      @Autowired JdbcClient jdbc) {
    this.accounts = accounts;
    this.tokens = tokens;
    this.access = access;
    this.jdbc = jdbc;
  }

  private Bootstrap bootstrap(String email, String password, String token) {
    return new Bootstrap(new BootstrapProperties(email, password, token), accounts, tokens, jdbc);
  }

  @Test
  void theSettingsMakeAnOperatorAndATokenOnce() {
    var token = "t".repeat(20) + mark.replace("-", "_");
    var bootstrap = bootstrap("Ops-" + mark + "@Example.org", PASSWORD, token);
    bootstrap.operatorFromSettings();
    bootstrap.operatorFromSettings();
    assertThat(accounts.signIn("ops-" + mark + "@example.org", PASSWORD, HERE)).get().extracting(SignedIn::operator)
        .isEqualTo(true);
    var caller = access.caller(token).orElseThrow();
    assertThat(caller.tenant()).isEqualTo(TenantId.PLATFORM);
    assertThat(caller.can(Permission.FLEET_WRITE)).isTrue();
  }

  @Test
  void anotherStartKeepsThePasswordThatWasChosenSince() {
    bootstrap("ops-" + mark + "@example.org", PASSWORD, "").operatorFromSettings();
    bootstrap("ops-" + mark + "@example.org", "another long password", "").operatorFromSettings();
    assertThat(accounts.signIn("ops-" + mark + "@example.org", PASSWORD, HERE)).isPresent();
    assertThat(accounts.signIn("ops-" + mark + "@example.org", "another long password", HERE)).isEmpty();
  }

  @Test
  void twoNodesThatStartTogetherMakeOneOperator() throws Exception {
    var bootstrap = bootstrap("ops-" + mark + "@example.org", PASSWORD, "n".repeat(32) + mark.replace("-", "_"));
    try (var nodes = Executors.newVirtualThreadPerTaskExecutor()) {
      var starts = new ArrayList<Callable<Boolean>>();
      for (var i = 0; i < 4; i++) {
        starts.add(() -> {
          bootstrap.operatorFromSettings();
          return true;
        });
      }
      for (var started : nodes.invokeAll(starts)) {
        assertThat(started.get()).isTrue();
      }
    }
    assertThat(jdbc.sql("select count(*) from app_user where email = :email")
        .param("email", "ops-" + mark + "@example.org").query(Integer.class).single()).isEqualTo(1);
  }

  @Test
  void somebodyWhoIsNoOperatorDoesNotBecomeOneBySettings() {
    var email = "eve-" + mark + "@example.org";
    accounts.createUser(new NewUser(email, "Eve", PASSWORD, false), io.chom.common.Actor.PANEL);
    var token = "e".repeat(20) + mark.replace("-", "_");
    bootstrap(email, PASSWORD, token).operatorFromSettings();
    assertThat(access.caller(token)).isEmpty();
    assertThat(accounts.signIn(email, PASSWORD, HERE)).get().extracting(SignedIn::operator).isEqualTo(false);
  }

  @Test
  void settingsThatCannotBeUsedAreRefusedByName() {
    assertThatThrownBy(() -> bootstrap("ops-" + mark + "@example.org", "short", "").operatorFromSettings())
        .isInstanceOf(AccountRefused.class).hasMessageContaining("at least 12").hasMessageNotContaining("short (");
    assertThatThrownBy(() -> bootstrap("ops-" + mark + "@example.org", PASSWORD, "tiny").operatorFromSettings())
        .isInstanceOf(AccountRefused.class).hasMessageContaining("32 to 200").hasMessageNotContaining("tiny");
    assertThat(new BootstrapProperties("a@b", PASSWORD, "secret-token").toString()).doesNotContain(PASSWORD,
        "secret-token");
  }

  @Test
  void withoutSettingsNobodyIsMade() {
    var before = jdbc.sql("select count(*) from app_user where operator").query(Long.class).single();
    bootstrap("", "", "").operatorFromSettings();
    assertThat(jdbc.sql("select count(*) from app_user where operator").query(Long.class).single()).isEqualTo(before);
  }

  @Test
  void theDemoHasAnAdminWhoCanSignInAndIsMadeOnce() {
    var bootstrap = bootstrap("", "", "");
    var demo = bootstrap.demo().orElseThrow();
    assertThat(bootstrap.demo()).isEmpty();
    var admin = accounts.signIn(demo.admin().email(), demo.admin().password(), HERE).orElseThrow();
    assertThat(access.caller(admin, null)).get()
        .satisfies(caller -> assertThat(caller.tenant()).isEqualTo(demo.tenant()))
        .satisfies(caller -> assertThat(caller.role()).isEqualTo(Role.ADMIN));
    assertThat(demo.toString()).doesNotContain(demo.admin().password());
    var operator = demo.operator();
    if (operator != null) {
      assertThat(accounts.signIn(operator.email(), operator.password(), HERE)).get().extracting(SignedIn::operator)
          .isEqualTo(true);
    }
  }
}
