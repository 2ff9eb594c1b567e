package io.chom.tenancy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import javax.sql.DataSource;
import net.ttddyy.dsproxy.support.ProxyDataSourceBuilder;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.flyway.autoconfigure.FlywayConfigurationCustomizer;
import org.springframework.boot.flyway.autoconfigure.FlywayDataSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** Three logins, three sources of connections: the application's, the clocks' and the migration's. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(DatabaseProperties.class)
class DatabaseConfiguration {
  /**
   * What nobody waits for any more must not go on in the database either, and a node that froze must not keep the locks
   * of its transaction from the others. Below the socket's own limit, or the server would not be told.
   */
  private static final String PATIENCE = "set statement_timeout = '15s'; set lock_timeout = '10s';"
      + " set idle_in_transaction_session_timeout = '15s'";

  @Bean
  DatabaseLogins databaseLogins(DatabaseProperties settings, Environment environment) {
    if (settings.adminUrl() != null && settings.url() == null) {
      var administrator = DatabaseLogin.parse("CHOM_DATABASE_ADMIN_URL", settings.adminUrl());
      var masterKey = given(environment.getProperty("chom.master-key"), "CHOM_MASTER_KEY");
      return DatabaseRoles.create(administrator, DatabaseRoles.databaseOf(administrator),
          role -> RolePasswords.of(masterKey, role));
    }
    return new DatabaseLogins(login("CHOM_DATABASE_URL", settings.url()),
        login("CHOM_DATABASE_MIGRATION_URL", settings.migrationUrl()),
        login("CHOM_DATABASE_JOBS_URL", settings.jobsUrl()));
  }

  @Bean
  @Primary
  DataSource dataSource(DatabaseLogins logins, DatabaseProperties settings, MeterRegistry meters) {
    return new TenantAwareDataSource(
        pool("chom-app", DatabaseGuard.checked(DatabaseGuard.whole(logins.app()), DatabaseRoles.APP),
            settings.poolSize(), settings.slowStatement(), meters));
  }

  /** Sees all tenants' queues: only the room jobs may have it. */
  @Bean(defaultCandidate = false)
  HikariDataSource jobsDataSource(DatabaseLogins logins, DatabaseProperties settings, MeterRegistry meters) {
    return pool("chom-jobs", DatabaseGuard.checked(logins.jobs(), DatabaseRoles.JOBS), settings.jobsPoolSize(),
        settings.slowStatement(), meters);
  }

  /** Migrates and is done: no pool, no connection kept. */
  @Bean(defaultCandidate = false)
  @FlywayDataSource
  DataSource migrationDataSource(DatabaseLogins logins) {
    var login = DatabaseGuard.whole(logins.migration());
    return new DriverManagerDataSource(login.url(), login.user(), login.password());
  }

  @Bean
  FlywayConfigurationCustomizer migrations() {
    return flyway -> flyway.locations("classpath:db/migration").sqlMigrationPrefix("V").validateMigrationNaming(true);
  }

  private static HikariDataSource pool(String name, DatabaseLogin login, int size, Duration slow,
      MeterRegistry meters) {
    var config = new HikariConfig();
    config.setPoolName(name);
    config.setDataSource(ProxyDataSourceBuilder.create(name, driver(name, login))
        .listener(new StatementTimes(name, slow, meters)).build());
    config.setMaximumPoolSize(size);
    config.setMinimumIdle(Math.min(2, size));
    // a page of a database that is away says so instead of waiting for it; one that is frozen is no better
    config.setConnectionTimeout(3_000);
    config.setValidationTimeout(2_000);
    config.setConnectionInitSql(PATIENCE);
    return new HikariDataSource(config);
  }

  private static DataSource driver(String name, DatabaseLogin login) {
    var driver = new PGSimpleDataSource();
    driver.setUrl(login.url());
    driver.setUser(login.user());
    driver.setPassword(login.password());
    driver.setConnectTimeout(3);
    driver.setSocketTimeout(20);
    driver.setApplicationName(name);
    driver.setReWriteBatchedInserts(true);
    return driver;
  }

  private static DatabaseLogin login(String setting, @Nullable String url) {
    return DatabaseLogin.parse(setting, given(url, setting));
  }

  private static String given(@Nullable String value, String setting) {
    if (value == null || value.isBlank()) {
      throw new BadDatabaseSetting(setting + " is not set. Set it, or leave all of CHOM_DATABASE_* away to start with"
          + " an embedded database.", null);
    }
    return value;
  }
}
