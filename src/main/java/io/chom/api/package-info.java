/** Offers the same features as JSON to token holders. */
@NullMarked
@ApplicationModule(allowedDependencies = {"common", "tenancy", "live", "audit", "operations", "accounts", "billing",
    "servers", "sites", "backups", "metrics", "notifications"})
package io.chom.api;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
