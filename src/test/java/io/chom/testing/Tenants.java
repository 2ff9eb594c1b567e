package io.chom.testing;

import io.chom.common.UserId;
import io.chom.common.Uuid7;
import io.chom.tenancy.TenantId;
import java.sql.SQLException;
import java.util.UUID;

/**
 * Customers for tests: {@code var acme = Tenants.acme(); var globex = Tenants.globex();}. Each call makes a new tenant,
 * straight in the database and behind its locks, so that what is tested does not also prepare the test.
 */
public record Tenants(TenantId id, String name, String slug) {
  /** The password of everybody made here. */
  public static final String PASSWORD = "correct horse battery staple";
  /** Its hash, made once: a good hash takes its time. */
  private static final String PASSWORD_HASH = org.springframework.security.crypto.argon2.Argon2PasswordEncoder
      .defaultsForSpringSecurity_v5_8().encode(PASSWORD);

  /** Somebody who can sign in with {@link #PASSWORD}. */
  public record Person(UserId id, String email, String name) {}

  public static Tenants acme() {
    return named("Acme", "pro");
  }

  public static Tenants globex() {
    return named("Globex", "pro");
  }

  public static Tenants named(String name, String tier) {
    var organization = Uuid7.next();
    var id = Uuid7.next();
    var slug = name.toLowerCase(java.util.Locale.ROOT) + "-" + id.toString().replace("-", "").substring(20);
    update("insert into organization (id, name) values (?, ?)", organization, name);
    update("insert into tenant (id, organization_id, name, slug, tier) values (?, ?, ?, ?, ?)", id, organization, name,
        slug, tier);
    return new Tenants(new TenantId(id), name, slug);
  }

  public Person owner() {
    return member("OWNER");
  }

  public Person admin() {
    return member("ADMIN");
  }

  public Person viewer() {
    return member("VIEWER");
  }

  /** A new person with this role here. */
  public Person member(String role) {
    var person = person(role.toLowerCase(java.util.Locale.ROOT), slug, false);
    join(person, role);
    return person;
  }

  /** Gives somebody a role here, or another one. */
  public void join(Person person, String role) {
    update("insert into membership (tenant_id, user_id, role) values (?, ?, ?)"
        + " on conflict (tenant_id, user_id) do update set role = excluded.role", id.value(), person.id().value(),
        role);
  }

  /** Takes a person's membership away. */
  public void expel(Person person) {
    update("delete from membership where tenant_id = ? and user_id = ?", id.value(), person.id().value());
  }

  /** A platform operator, who belongs to no tenant. */
  public static Person operator() {
    return person("operator", "platform", true);
  }

  /** A server of this tenant, ready, with room; it is allocated to the tenant. */
  public UUID server() {
    var server = serverOf(id.value());
    allocate(server, id);
    return server;
  }

  /** A shared server that this tenant may use. */
  public UUID sharedServer() {
    var server = serverOf(TenantId.PLATFORM.value());
    allocate(server, TenantId.PLATFORM);
    return server;
  }

  /** Lets this tenant place sites on a server of its own or the platform's. */
  public void allocate(UUID server, TenantId owner) {
    update("insert into server_allocation (tenant_id, server_id, server_tenant_id, server_name, public_host)"
        + " values (?, ?, ?, 'web-1', '127.0.0.1')", id.value(), server, owner.value());
  }

  private static UUID serverOf(UUID owner) {
    // there is no such machine: nobody is to ask it how it is while a test runs
    var server = Uuid7.next();
    update("insert into vps_server (id, tenant_id, name, host, port, login_user, host_key, host_key_algorithm, key_id,"
        + " private_key_sealed, public_key, status, health_at, stats_at) values (?, ?, 'web-1', '127.0.0.1', 22, 'chom', 'SHA256:x',"
        + " 'ssh-ed25519', 'k1', 'sealed', 'ssh-ed25519 AAAA', 'READY', now() + interval '1 day', now() + interval '1 day')",
        server, owner);
    return server;
  }

  private static Person person(String name, String where, boolean operator) {
    var id = Uuid7.next();
    var email = name + "-" + id.toString().replace("-", "").substring(20) + "@" + where + ".example";
    update("insert into app_user (id, email, name, password_hash, operator) values (?, ?, ?, ?, ?)", id, email, name,
        PASSWORD_HASH, operator);
    return new Person(new UserId(id), email, name);
  }

  private static void update(String sql, Object... values) {
    try (var connection = RealServices.asAdministrator(); var statement = connection.prepareStatement(sql)) {
      for (var i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      statement.executeUpdate();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
