package io.chom.backups;

import jakarta.validation.constraints.Pattern;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How backups are kept.
 *
 * @param directory where on a site's own server they go, {@code CHOM_BACKUP_DIRECTORY}; for backups to come
 */
@Validated
@ConfigurationProperties("chom.backups")
record BackupsProperties(
    @DefaultValue("/var/backups/chom") @Pattern(regexp = "(/(?!\\.\\.?(/|$))[A-Za-z0-9._-]+)+") String directory) {}
