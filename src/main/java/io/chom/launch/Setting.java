package io.chom.launch;

import static io.chom.launch.SettingRule.*;

/** Every setting that CHOM reads from its environment; application.yml and .env.example name the same ones. */
enum Setting {
  CHOM_BIND(ADDRESS), CHOM_PORT(PORT), CHOM_MANAGEMENT_PORT(PORT), CHOM_BASE_URL(WEB_URL), CHOM_TRUSTED_PROXIES(
      TEXT), CHOM_DATA_DIR(
          TEXT), CHOM_MASTER_KEY(MASTER_KEY, true),

  CHOM_DATABASE_URL(DATABASE_URL, true), CHOM_DATABASE_MIGRATION_URL(DATABASE_URL, true), CHOM_DATABASE_JOBS_URL(
      DATABASE_URL, true), CHOM_DATABASE_ADMIN_URL(DATABASE_URL, true), CHOM_DATABASE_POOL_SIZE(
          COUNT), CHOM_REDIS_URL(REDIS_URL,
              true), CHOM_REDIS_CA(PEM_FILE), CHOM_CACHE(CACHE), CHOM_CACHE_DATABASE(REDIS_DATABASE),

  CHOM_BOOTSTRAP_OPERATOR_EMAIL(EMAIL), CHOM_BOOTSTRAP_OPERATOR_PASSWORD(PASSWORD, true), CHOM_BOOTSTRAP_TOKEN(TOKEN,
      true),

  CHOM_ACME_DIRECTORY(HTTPS_URL), CHOM_ACME_EMAIL(EMAIL), CHOM_ACME_CA_BUNDLE(PEM_FILE), CHOM_DNS_SERVER(
      NAME_SERVER), CHOM_BACKUP_DIRECTORY(
          SERVER_DIRECTORY), CHOM_BACKUP_MOST_TARGETS(
              COUNT), CHOM_BACKUP_MOST_DEPOTS(COUNT), CHOM_OUTBOUND_ALLOW(NETWORKS),

  CHOM_PANEL_BACKUP_DIRECTORY(TEXT), CHOM_PANEL_BACKUP_EVERY(HOURS_OR_DAYS), CHOM_PANEL_BACKUP_KEEP(
      COUNT), CHOM_BACKUP_PASSPHRASE(PASSWORD, true), CHOM_BACKUP_PASSPHRASE_FILE(PASSPHRASE_FILE),

  CHOM_MAIL_HOST(HOST), CHOM_MAIL_PORT(PORT), CHOM_MAIL_USER(TEXT), CHOM_MAIL_PASSWORD(TEXT, true), CHOM_MAIL_FROM(
      EMAIL), CHOM_MAIL_TLS(MAIL_TLS),

  CHOM_PROMETHEUS_URL(PROMETHEUS_URL, true), CHOM_SCRAPE_TOKEN(TOKEN, true), CHOM_SCRAPE_DIRECT(BOOLEAN),

  CHOM_WORKER(BOOLEAN), CHOM_RETAIN_DELETED_DAYS(DAYS), CHOM_DEMO(BOOLEAN), CHOM_DEMO_HTTP_PORT(
      PORT), CHOM_DEBUG_HEADERS(BOOLEAN), CHOM_LOG_LEVEL(
          LOG_LEVEL);

  private final SettingRule rule;
  private final boolean secret;

  Setting(SettingRule rule) {
    this(rule, false);
  }

  Setting(SettingRule rule, boolean secret) {
    this.rule = rule;
    this.secret = secret;
  }

  /** The sentence to show for this value, or null when it is good. Secrets are never repeated in it. */
  @org.jspecify.annotations.Nullable
  String problemWith(String value) {
    if (rule.accepts(value)) {
      return null;
    }
    return name() + (secret ? " is not usable: " : " is \"" + value + "\": ") + rule.advice();
  }
}
