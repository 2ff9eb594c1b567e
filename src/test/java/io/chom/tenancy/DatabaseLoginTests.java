package io.chom.tenancy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.testing.RealServices;
import org.junit.jupiter.api.Test;

class DatabaseLoginTests {
  @Test
  void bothFormsAreRead() {
    var jdbc = DatabaseLogin.parse("CHOM_DATABASE_URL",
        "jdbc:postgresql://db.example:5433/chom?user=chom_app&sslmode=require&password=a%26b");
    var plain = DatabaseLogin.parse("CHOM_DATABASE_URL",
        "postgres://chom_app:a%26b@db.example:5433/chom?sslmode=require");
    assertThat(jdbc).isEqualTo(plain)
        .isEqualTo(new DatabaseLogin("CHOM_DATABASE_URL", "jdbc:postgresql://db.example:5433/chom?sslmode=require",
            "chom_app", "a&b"))
        .isEqualTo(DatabaseLogin.parse("CHOM_DATABASE_URL", plain.urlWithLogin()));
    assertThat(jdbc.toString()).doesNotContain("a&b");
    assertThat(jdbc.database()).isEqualTo("chom");
  }

  @Test
  void aBadUrlIsRefusedByNameWithoutShowingIt() {
    for (var bad : new String[]{"mysql://u:secret@h/db", "jdbc:postgresql://h:5432/?user=u&password=secret", "secret",
        "postgresql://h/db?password=secret", "post gres://secret"}) {
      assertThatThrownBy(() -> DatabaseLogin.parse("CHOM_DATABASE_JOBS_URL", bad))
          .hasMessageStartingWith("CHOM_DATABASE_JOBS_URL cannot be used").hasMessageNotContaining("secret");
    }
  }

  @Test
  void aLoginThatRowLevelSecurityWouldNotHoldIsRefused() {
    var app = RealServices.logins().app();
    assertThat(DatabaseGuard.checked(app, "chom_app")).isEqualTo(app);
    assertThatThrownBy(() -> DatabaseGuard.checked(app.as("postgres", "postgres"), "chom_app"))
        .hasMessageContaining("is a superuser").hasMessageContaining("Use the role chom_app");
    assertThatThrownBy(() -> DatabaseGuard.checked(app.as("chom_owner", "chom_owner"), "chom_app"))
        .hasMessageContaining("owns the database");
    assertThatThrownBy(() -> DatabaseGuard.checked(app.as("nobody_here", "x"), "chom_app"))
        .hasMessageContaining("Check that PostgreSQL runs there");
  }

  @Test
  void aLoginThatBypassesRowLevelSecurityIsRefused() throws Exception {
    try (var administrator = RealServices.asAdministrator(); var statement = administrator.createStatement()) {
      statement.execute("create role bypasser login bypassrls password 'x'");
      statement.execute("grant connect on database chom to bypasser");
      statement.execute("create role climber login password 'x'");
      statement.execute("grant connect on database chom to climber");
      statement.execute("grant bypasser to climber");
    }
    var app = RealServices.logins().app();
    assertThatThrownBy(() -> DatabaseGuard.checked(app.as("bypasser", "x"), "chom_app"))
        .hasMessageContaining("has BYPASSRLS");
    assertThatThrownBy(() -> DatabaseGuard.checked(app.as("climber", "x"), "chom_app"))
        .hasMessageContaining("may become a role that can");
  }
}
