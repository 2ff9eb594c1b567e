package io.chom.tenancy;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How CHOM reaches PostgreSQL. Either {@code adminUrl} alone, or the other three.
 *
 * @param url the role chom_app (CHOM_DATABASE_URL)
 * @param migrationUrl the role chom_owner (CHOM_DATABASE_MIGRATION_URL)
 * @param jobsUrl the role chom_jobs (CHOM_DATABASE_JOBS_URL)
 * @param adminUrl an administrator, who makes the three at first start (CHOM_DATABASE_ADMIN_URL)
 * @param poolSize connections kept for pages, API and workers
 * @param jobsPoolSize connections kept for clocks
 * @param slowStatement what takes longer is named in the log
 */
@Validated
@ConfigurationProperties("chom.database")
record DatabaseProperties(@Nullable String url, @Nullable String migrationUrl, @Nullable String jobsUrl,
    @Nullable String adminUrl, @DefaultValue("16") @Min(2) @Max(500) int poolSize,
    @DefaultValue("4") @Min(2) @Max(100) int jobsPoolSize, @DefaultValue("100ms") Duration slowStatement) {

  DatabaseProperties {
    url = blankIsNotSet(url);
    migrationUrl = blankIsNotSet(migrationUrl);
    jobsUrl = blankIsNotSet(jobsUrl);
    adminUrl = blankIsNotSet(adminUrl);
  }

  private static @Nullable String blankIsNotSet(@Nullable String value) {
    return value == null || value.isBlank() ? null : value;
  }

  @Override
  public String toString() {
    return "DatabaseProperties[poolSize=" + poolSize + ", jobsPoolSize=" + jobsPoolSize + ", slowStatement="
        + slowStatement + "]";
  }
}
