package io.chom.backups;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How backups may be downloaded.
 *
 * @param lifetime how long a link can be opened
 * @param uses how often it can be opened meanwhile
 * @param atOnce downloads of one tenant at a time
 * @param linksPerHour links one tenant may make in an hour
 */
@Validated
@ConfigurationProperties("chom.backups.downloads")
record DownloadsProperties(@DefaultValue("1h") Duration lifetime, @DefaultValue("5") @Min(1) @Max(100) int uses,
    @DefaultValue("3") @Min(1) @Max(100) int atOnce, @DefaultValue("60") @Min(1) @Max(10_000) int linksPerHour) {}
