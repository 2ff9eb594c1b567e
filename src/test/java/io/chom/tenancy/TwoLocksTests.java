package io.chom.tenancy;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.testing.ChomTest;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;

/** Each lock alone keeps tenants apart: takes one away and looks whether the other holds. */
@ChomTest
class TwoLocksTests {
  private static final String ENTITIES = "select s.domain from Site s";
  private static final String ROWS = "select domain from site";

  private final EntityManagerFactory panel;
  private final JdbcClient jdbc;
  private final LocalContainerEntityManagerFactoryBean settings;
  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();
  private final String acmes = "a" + UUID.randomUUID() + ".example";
  private final String globexs = "g" + UUID.randomUUID() + ".example";

  TwoLocksTests(@Autowired EntityManagerFactory panel, @Autowired JdbcClient jdbc,
      @Autowired LocalContainerEntityManagerFactoryBean settings) throws SQLException {
    this.panel = panel;
    this.jdbc = jdbc;
    this.settings = settings;
    site(acme, acmes);
    site(globex, globexs);
  }

  private static void site(Tenants tenant, String domain) throws SQLException {
    var server = tenant.server();
    try (var connection = RealServices.asAdministrator(); var statement = connection.prepareStatement("""
        with n as (select nextval('site_uid_seq')::int as uid)
        insert into site (tenant_id, server_id, domain, type, uid, unix_user, status)
        select ?, ?, ?, 'static', uid, 's' || uid, 'ACTIVE' from n
        """)) {
      statement.setObject(1, tenant.id().value());
      statement.setObject(2, server);
      statement.setString(3, domain);
      statement.executeUpdate();
    }
  }

  private static List<String> ask(EntityManagerFactory factory, TenantId tenant,
      Function<EntityManager, List<String>> question) {
    return TenantContext.<List<String>, RuntimeException>callAs(tenant, () -> {
      try (var manager = factory.createEntityManager()) {
        return question.apply(manager);
      }
    });
  }

  private static List<String> entities(EntityManager manager) {
    return manager.createQuery(ENTITIES, String.class).getResultList();
  }

  @SuppressWarnings("unchecked")
  private static List<String> rows(EntityManager manager) {
    return manager.createNativeQuery(ROWS, String.class).getResultList();
  }

  @Test
  void withBothLocksATenantSeesItsOwn() {
    assertThat(ask(panel, acme.id(), TwoLocksTests::entities)).containsExactly(acmes);
    assertThat(ask(panel, globex.id(), TwoLocksTests::entities)).containsExactly(globexs);
    assertThat(ask(panel, TenantId.NONE, TwoLocksTests::entities)).isEmpty();
  }

  @Test
  void withoutTheApplicationsLockTheDatabaseHolds() {
    assertThat(ask(panel, acme.id(), TwoLocksTests::rows)).containsExactly(acmes);
    assertThat(ask(panel, TenantId.NONE, TwoLocksTests::rows)).isEmpty();
    var plain = TenantContext.<List<String>, RuntimeException>callAs(globex.id(),
        () -> jdbc.sql(ROWS).query(String.class).list());
    assertThat(plain).containsExactly(globexs);
    assertThat(jdbc.sql(ROWS).query(String.class).list()).isEmpty();
  }

  @Test
  void withoutTheDatabasesLockTheApplicationHolds() {
    var login = RealServices.logins().app().as("postgres", "postgres"); // a superuser, whom no policy binds
    var behind = new LocalContainerEntityManagerFactoryBean();
    behind.setDataSource(new DriverManagerDataSource(login.url(), login.user(), login.password()));
    behind.setPackagesToScan("io.chom");
    behind.setPersistenceUnitName("behind the lock");
    behind.setJpaVendorAdapter(settings.getJpaVendorAdapter());
    behind.setJpaPropertyMap(settings.getJpaPropertyMap());
    behind.afterPropertiesSet();
    try (var factory = behind.getObject()) {
      assertThat(ask(factory, acme.id(), TwoLocksTests::rows)).as("the lock is really off").contains(acmes, globexs);
      assertThat(ask(factory, acme.id(), TwoLocksTests::entities)).containsExactly(acmes);
      assertThat(ask(factory, globex.id(), TwoLocksTests::entities)).containsExactly(globexs);
      assertThat(ask(factory, TenantId.NONE, TwoLocksTests::entities)).isEmpty();
    } finally {
      behind.destroy();
    }
  }
}
