package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTests {

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      CHOM_PORT                         | 0
      CHOM_PORT                         | 65536
      CHOM_PORT                         | eighty
      CHOM_PORT                         | 8080x
      CHOM_BIND                         | localhost
      CHOM_BIND                         | 300.1.1.1
      CHOM_BASE_URL                     | panel.example.org
      CHOM_BASE_URL                     | https://panel.example.org/chom
      CHOM_BASE_URL                     | ftp://panel.example.org
      CHOM_MASTER_KEY                   | c2hvcnQ=
      CHOM_MASTER_KEY                   | not base64!
      CHOM_DATABASE_URL                 | mysql://db/chom
      CHOM_DATABASE_URL                 | jdbc:postgresql://db
      CHOM_DATABASE_ADMIN_URL           | db:5432
      CHOM_DATABASE_MIGRATION_URL       | jdbc:h2:mem:x
      CHOM_DATABASE_JOBS_URL            | postgresql
      CHOM_DATABASE_POOL_SIZE           | many
      CHOM_RETAIN_DELETED_DAYS          | 0
      CHOM_RETAIN_DELETED_DAYS          | a week
      CHOM_REDIS_URL                    | http://redis:6379
      CHOM_REDIS_URL                    | redis
      CHOM_BOOTSTRAP_OPERATOR_EMAIL     | ops
      CHOM_BOOTSTRAP_OPERATOR_EMAIL     | ops@exa mple.org
      CHOM_BOOTSTRAP_OPERATOR_PASSWORD  | short
      CHOM_BOOTSTRAP_TOKEN              | short
      CHOM_ACME_DIRECTORY               | http://acme.example.org/dir
      CHOM_ACME_DIRECTORY               | https://user@acme.example.org/
      CHOM_ACME_EMAIL                   | ops
      CHOM_ACME_CA_BUNDLE               | /nowhere/ca.pem
      CHOM_DNS_SERVER                   | ns1.example.org
      CHOM_BACKUP_DIRECTORY             | /var/../etc
      CHOM_BACKUP_DIRECTORY             | backups
      CHOM_OUTBOUND_ALLOW               | 10.0.0.0/33
      CHOM_OUTBOUND_ALLOW               | backup.lan,,10.0.0.1
      CHOM_OUTBOUND_ALLOW               | https://backup.lan/
      CHOM_PANEL_BACKUP_EVERY           | daily
      CHOM_PANEL_BACKUP_EVERY           | 90d
      CHOM_PANEL_BACKUP_KEEP            | 0
      CHOM_BACKUP_PASSPHRASE            | short
      CHOM_BACKUP_PASSPHRASE_FILE       | /nowhere/passphrase
      CHOM_DEMO                         | yes
      CHOM_DEMO_HTTP_PORT               | -1
      CHOM_LOG_LEVEL                    | loud
      """)
  void refusesAWrongValueByNameAndSaysWhatToDo(String name, String value) {
    assertThatThrownBy(() -> Settings.read(Map.of(name, value))).isInstanceOf(StartRefused.class)
        .message().contains(name).containsAnyOf("give ", "write ");
  }

  @Test
  void namesAllProblemsAtOnceAndRepeatsNoSecret() {
    assertThatThrownBy(() -> Settings.read(Map.of("CHOM_PORT", "x", "CHOM_DEMO", "x", "CHOM_REDIS_URL", "hush-hush")))
        .message().contains("CHOM_PORT", "CHOM_DEMO", "CHOM_REDIS_URL").doesNotContain("hush");
  }

  @Test
  void asksForTheMasterKeyWhereTheDatabaseIsNotItsOwn() {
    assertThatThrownBy(() -> Settings.read(Map.of("CHOM_DATABASE_ADMIN_URL", "jdbc:postgresql://db/postgres")))
        .message().contains("CHOM_MASTER_KEY", "openssl rand -base64 32");
  }

  @Test
  void asksForTheOtherTwoDatabaseLogins() {
    assertThatThrownBy(() -> Settings.read(Map.of("CHOM_DATABASE_URL", "jdbc:postgresql://db/chom"))).message()
        .contains("CHOM_DATABASE_MIGRATION_URL", "CHOM_DATABASE_JOBS_URL");
    assertThatThrownBy(() -> Settings.read(Map.of("CHOM_DATABASE_JOBS_URL", "jdbc:postgresql://db/chom"))).message()
        .contains("CHOM_DATABASE_URL is missing");
  }

  @Test
  void keepsTheBootstrapSettingsTogether() {
    assertThatThrownBy(() -> Settings.read(Map.of("CHOM_BOOTSTRAP_OPERATOR_EMAIL", "ops@example.org"))).message()
        .contains("CHOM_BOOTSTRAP_OPERATOR_PASSWORD");
    assertThatThrownBy(() -> Settings.read(Map.of("CHOM_BOOTSTRAP_TOKEN", "0123456789abcdef0123456789abcdef")))
        .message().contains("CHOM_BOOTSTRAP_OPERATOR_EMAIL");
  }

  @Test
  void offersTheDemoServerOnlyWhereNobodyElseCanReachIt() {
    assertThat(Settings.read(Map.of()).demo()).isTrue();
    assertThat(Settings.read(Map.of("CHOM_DEMO", "false")).demo()).isFalse();
    assertThat(Settings.read(Map.of("CHOM_BIND", "0.0.0.0")).demo()).isFalse();
    assertThatThrownBy(() -> Settings.read(Map.of("CHOM_BIND", "0.0.0.0", "CHOM_DEMO", "true"))).message()
        .contains("CHOM_DEMO", "loopback");
  }

  @Test
  void warnsOfANameItDoesNotKnow() {
    var environment = new HashMap<>(Map.of("CHOM_DATABSE_URL", "x", "CHOMSKY", "y", "PATH", "z"));
    assertThat(Settings.read(environment).warnings()).singleElement().asString().contains("CHOM_DATABSE_URL",
        "Did you mean CHOM_DATABASE_URL?");
  }

  @Test
  void takesAnEmptyValueAsNotSet() {
    assertThat(Settings.read(Map.of("CHOM_PORT", "", "CHOM_DATABASE_URL", "")).port()).isEqualTo(8080);
  }

  @Test
  void linksToAnAddressThatCanBeOpened() {
    assertThat(Settings.read(Map.of()).baseUrl()).hasToString("http://127.0.0.1:8080");
    assertThat(Settings.read(Map.of("CHOM_BIND", "0.0.0.0", "CHOM_PORT", "90")).baseUrl())
        .hasToString("http://127.0.0.1:90");
    assertThat(Settings.read(Map.of("CHOM_BIND", "::1")).baseUrl()).hasToString("http://[::1]:8080");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
      redis://redis.example:6379               | has no password
      redis://:secret@redis.example:6379/1     | CHOM_CACHE_DATABASE is 1
      """)
  void refusesARedisThatAnybodyReachesOrWhoseSessionsGoWithTheCache(String url, String problem) {
    assertThatThrownBy(() -> Settings.read(Map.of("CHOM_REDIS_URL", url))).message().contains(problem)
        .doesNotContain("secret");
  }

  @Test
  void takesARedisWithAUserAndOneOfThisMachine() {
    Settings.read(Map.of("CHOM_REDIS_URL", "rediss://chom:s%3Ae@redis.example"));
    Settings.read(Map.of("CHOM_REDIS_URL", "redis://127.0.0.1:6379"));
    Settings.read(Map.of("CHOM_REDIS_URL", "redis://:secret@redis.example:6379/1", "CHOM_CACHE_DATABASE", "2"));
    assertThat(RedisUrl.parse("rediss://chom:s%3Ae@redis.example"))
        .isEqualTo(new RedisUrl(true, "redis.example", 6379, "chom", "s:e", 0));
  }
}
