package io.chom.accounts;

import io.chom.common.Actor;
import io.chom.common.UserId;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;

/** The first people of an installation. Doing it again changes nothing. */
@Service
@EnableConfigurationProperties(BootstrapProperties.class)
public class Bootstrap {
  /** A login, the only time its password can be read. */
  public record Login(String email, String password) {
    @Override
    public String toString() {
      return "Login[" + email + "]";
    }
  }

  /**
   * Who was made for the demo.
   *
   * @param operator null when there was an operator already
   */
  public record Demo(@Nullable Login operator, Login admin, TenantId tenant) {}

  private static final Logger LOG = LoggerFactory.getLogger(Bootstrap.class);
  private static final SecureRandom RANDOM = new SecureRandom();

  private final BootstrapProperties settings;
  private final Accounts accounts;
  private final Tokens tokens;
  private final JdbcClient jdbc;

  Bootstrap(BootstrapProperties settings, Accounts accounts, Tokens tokens, JdbcClient jdbc) {
    this.settings = settings;
    this.accounts = accounts;
    this.tokens = tokens;
    this.jdbc = jdbc;
  }

  /** Makes the operator and the token that the settings name (CHOM_BOOTSTRAP_…), unless they are there. */
  public void operatorFromSettings() {
    if (settings.operatorEmail().isBlank()) {
      return;
    }
    var operator = user(settings.operatorEmail(), "Operator", settings.operatorPassword());
    if (!accounts.isOperator(operator)) {
      // settings must not give back what somebody took away, nor make a customer mighty
      LOG.warn("CHOM_BOOTSTRAP_OPERATOR_EMAIL names {}, who exists and is no operator: nothing was changed. Name"
          + " somebody else, or unset it.", settings.operatorEmail());
      return;
    }
    if (!settings.token().isBlank()) {
      TenantContext.runAs(TenantId.PLATFORM, () -> tokens.adopt(operator, "bootstrap", settings.token()));
    }
  }

  private UserId user(String email, String name, String password) {
    return accounts.userByEmail(email).orElseGet(() -> {
      try {
        return accounts.createUser(new NewUser(email, name, password, true), Actor.PANEL);
      } catch (AccountRefused e) {
        // another node was first
        return accounts.userByEmail(email).orElseThrow(() -> e);
      }
    });
  }

  /** Whether somebody runs the platform: without an operator nobody can let anybody in. */
  public boolean hasOperator() {
    return jdbc.sql("select exists (select from app_user where operator)").query(Boolean.class).single();
  }

  /** A tenant with an admin to try the panel with, and an operator if there is none. Empty once they are there. */
  public Optional<Demo> demo() {
    var admin = new Login("admin@demo.localhost", password());
    var known = accounts.userByEmail(admin.email());
    if (known.map(accounts::membershipsOf).filter(places -> !places.isEmpty()).isPresent()) {
      return Optional.empty();
    }
    var operator = demoOperator();
    // a start that was cut short may have left the person behind, with a password that nobody has read
    known.ifPresent(person -> accounts.setPassword(person, admin.password(), Actor.PANEL));
    var person = known.orElseGet(
        () -> accounts.createUser(new NewUser(admin.email(), "Ada Admin", admin.password(), false), Actor.PANEL));
    var tenant = demoTenant();
    accounts.addMembership(tenant, person, Role.ADMIN, Actor.PANEL);
    return Optional.of(new Demo(operator, admin, tenant));
  }

  private @Nullable Login demoOperator() {
    if (hasOperator()) {
      return null;
    }
    var operator = new Login("operator@chom.localhost", password());
    accounts.createUser(new NewUser(operator.email(), "Olga Operator", operator.password(), true), Actor.PANEL);
    return operator;
  }

  private TenantId demoTenant() {
    try {
      return accounts.createTenant(new NewTenant("Demo", "demo", "pro"), Actor.PANEL);
    } catch (AccountRefused _) {
      var unique = "demo-" + Long.toHexString(RANDOM.nextLong());
      return accounts.createTenant(new NewTenant("Demo", unique, "pro"), Actor.PANEL);
    }
  }

  private static String password() {
    byte[] random = new byte[15];
    RANDOM.nextBytes(random);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(random);
  }
}
