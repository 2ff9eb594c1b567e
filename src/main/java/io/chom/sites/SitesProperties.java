package io.chom.sites;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How sites are kept.
 *
 * @param retainDeletedDays how long a deleted site can be brought back, unless its files were to go at once
 */
@Validated
@ConfigurationProperties("chom.sites")
record SitesProperties(@DefaultValue("7") @Min(1) @Max(3650) int retainDeletedDays) {}
