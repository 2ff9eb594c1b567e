package io.chom.accounts;

import io.chom.accounts.AccountRefused.Reason;
import io.chom.audit.Audit;
import io.chom.common.Actor;
import io.chom.common.UserId;
import io.chom.common.Uuid7;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import java.sql.Timestamp;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** The people and the tenants of this installation, and who belongs where. */
@Service
public class Accounts {
  private static final Pattern EMAIL = Pattern.compile("[^@\\s\\p{Cntrl}]{1,64}@[^@\\s\\p{Cntrl}]{1,189}");
  private static final Pattern SLUG = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

  private final JdbcClient jdbc;
  private final People people;
  private final Passwords passwords;
  private final Access access;
  private final Audit audit;
  private final Clock clock;
  private final TransactionTemplate transaction;

  Accounts(JdbcClient jdbc, People people, Passwords passwords, Access access, Audit audit, Clock clock,
      PlatformTransactionManager transactions) {
    this.jdbc = jdbc;
    this.people = people;
    this.passwords = passwords;
    this.access = access;
    this.audit = audit;
    this.clock = clock;
    this.transaction = new TransactionTemplate(transactions);
    // each steps into a tenant of its own, whatever transaction is open
    transaction.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
  }

  /**
   * Whoever has this e-mail address and password. Takes as long when nobody has.
   *
   * @param address from where, for the audit log
   */
  public Optional<SignedIn> signIn(String email, String password, String address) {
    var found = people.byEmail(normal(email));
    boolean right = passwords.matches(password, found.map(People.Person::passwordHash).orElse(null));
    var person = found.filter(known -> right && !known.disabled());
    inTenant(TenantId.PLATFORM, () -> {
      person.ifPresent(known -> noteLogin(known, password));
      audit.record(person.map(known -> new Actor(known.id(), known.email())).orElse(new Actor(null, shown(email))),
          person.isPresent() ? "login.succeeded" : "login.failed", "user",
          found.map(known -> known.id().value()).orElse(null), shown(email), Map.of("address", address));
      return true;
    });
    person.ifPresent(known -> access.forget(known.id()));
    return person.map(People.Person::signedIn);
  }

  private void noteLogin(People.Person person, String password) {
    var hash = passwords.outdated(person.passwordHash()) ? passwords.rehash(password) : person.passwordHash();
    jdbc.sql("update app_user set last_login_at = :now, password_hash = :hash where id = :id")
        .param("now", Timestamp.from(clock.instant())).param("hash", hash).param("id", person.id().value()).update();
  }

  /**
   * Ends a session for good, on every node and also while sessions cannot be deleted where they are kept.
   *
   * @param session its id, as the browser sends it
   */
  public void endSession(UserId user, String session) {
    transaction.executeWithoutResult(_ -> people.endSession(user, Access.hashOf(session)));
    access.forget(user);
  }

  /** The person with this e-mail address, in any case of letters. */
  public Optional<UserId> userByEmail(String email) {
    return people.byEmail(normal(email)).map(People.Person::id);
  }

  /** Whether the person runs the platform. */
  boolean isOperator(UserId user) {
    return people.byId(user).filter(People.Person::operator).isPresent();
  }

  /** Where a person belongs, by name. */
  public List<Membership> membershipsOf(UserId user) {
    return people.memberships(user);
  }

  /** Makes a person who can sign in; they belong nowhere yet. */
  public UserId createUser(NewUser wanted, Actor actor) {
    var email = normal(wanted.email());
    if (!EMAIL.matcher(email).matches()) {
      throw new AccountRefused(Reason.EMAIL_INVALID, "email");
    }
    checkName(wanted.name());
    var hash = passwords.hash(wanted.password(), email);
    var id = new UserId(Uuid7.next());
    return orRefuse(Reason.EMAIL_TAKEN, "email", () -> inTenant(TenantId.PLATFORM, () -> {
      jdbc.sql("""
          insert into app_user (id, email, name, password_hash, operator, created_at)
          values (:id, :email, :name, :hash, :operator, :now)
          """).param("id", id.value()).param("email", email).param("name", wanted.name()).param("hash", hash)
          .param("operator", wanted.operator()).param("now", Timestamp.from(clock.instant())).update();
      audit.record(actor, "user.create", "user", id.value(), email, Map.of("operator", wanted.operator()));
      return id;
    }));
  }

  /** Gives a person another password. */
  public void setPassword(UserId user, String password, Actor actor) {
    var person = people.byId(user).orElseThrow(() -> new IllegalArgumentException("No user " + user));
    var hash = passwords.hash(password, person.email());
    inTenant(TenantId.PLATFORM, () -> {
      jdbc.sql("update app_user set password_hash = :hash where id = :id").param("hash", hash)
          .param("id", user.value()).update();
      audit.record(actor, "user.password", "user", user.value(), person.email(), Map.of());
      return true;
    });
  }

  /** Makes a customer with an organization of its own. */
  public TenantId createTenant(NewTenant wanted, Actor actor) {
    checkName(wanted.name());
    if (!SLUG.matcher(wanted.slug()).matches()) {
      throw new AccountRefused(Reason.SLUG_INVALID, "slug");
    }
    if (jdbc.sql("select 1 from tier_limit where tier = :tier").param("tier", wanted.tier()).query().listOfRows()
        .isEmpty()) {
      throw new AccountRefused(Reason.TIER_UNKNOWN, "tier");
    }
    var tenant = new TenantId(Uuid7.next());
    return orRefuse(Reason.SLUG_TAKEN, "slug", () -> inTenant(tenant, () -> {
      var organization = Uuid7.next();
      jdbc.sql("insert into organization (id, name) values (:id, :name)").param("id", organization)
          .param("name", wanted.name()).update();
      jdbc.sql("""
          insert into tenant (id, organization_id, name, slug, tier) values (:id, :organization, :name, :slug, :tier)
          """).param("id", tenant.value()).param("organization", organization).param("name", wanted.name())
          .param("slug", wanted.slug()).param("tier", wanted.tier()).update();
      audit.record(actor, "tenant.create", "tenant", tenant.value(), wanted.name(), Map.of("tier", wanted.tier()));
      return tenant;
    }));
  }

  /** Gives a person a role in a tenant, or another one. */
  public void addMembership(TenantId tenant, UserId user, Role role, Actor actor) {
    var person = people.byId(user).orElseThrow(() -> new IllegalArgumentException("No user " + user));
    inTenant(tenant, () -> {
      jdbc.sql("""
          insert into membership (tenant_id, user_id, role) values (:tenant, :user, :role)
          on conflict (tenant_id, user_id) do update set role = excluded.role
          """).param("tenant", tenant.value()).param("user", user.value()).param("role", role.name()).update();
      audit.record(actor, "member.set", "user", user.value(), person.email(), Map.of("role", role.name()));
      return true;
    });
    access.forget(user);
  }

  /** Writes into the tenant's own log that an operator stepped in. */
  public void noteEntered(Caller operator, TenantId tenant, String address) {
    inTenant(tenant, () -> {
      audit.record(operator.actor(), "operator.enter", "tenant", tenant.value(), operator.user().email(),
          Map.of("address", address));
      return true;
    });
  }

  private <T> T inTenant(TenantId tenant, Supplier<T> work) {
    return TenantContext.callAs(tenant, () -> Objects.requireNonNull(transaction.execute(_ -> work.get())));
  }

  private static <T> T orRefuse(Reason reason, String field, Supplier<T> work) {
    try {
      return work.get();
    } catch (DuplicateKeyException _) {
      throw new AccountRefused(reason, field);
    }
  }

  private static void checkName(String name) {
    if (name.isBlank() || name.length() > 200) {
      throw new AccountRefused(Reason.NAME_INVALID, "name");
    }
  }

  static String normal(String email) {
    return email.strip().toLowerCase(Locale.ROOT);
  }

  /** What somebody typed, fit for a log: one short line. */
  private static String shown(String typed) {
    var line = typed.replaceAll("\\p{Cntrl}", " ").strip();
    return line.length() <= 254 ? line : line.substring(0, 254);
  }
}
