package io.chom.backups;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How backups are kept.
 *
 * @param mostTargets places of its own that one tenant may have, {@code CHOM_BACKUP_MOST_TARGETS}
 * @param mostDepots of these, how many on servers that others share, {@code CHOM_BACKUP_MOST_DEPOTS}
 * @param directory where on a site's own server they go, {@code CHOM_BACKUP_DIRECTORY}; for backups to come
 */
@Validated
@ConfigurationProperties("chom.backups")
record BackupsProperties(
    @DefaultValue("/var/backups/chom") @Pattern(regexp = "(/(?!\\.\\.?(/|$))[A-Za-z0-9._-]+)+") String directory,
    @DefaultValue("20") @Min(1) @Max(1000) int mostTargets, @DefaultValue("3") @Min(1) @Max(1000) int mostDepots) {}
