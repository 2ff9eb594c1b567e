/** Tells people what happened, where and when they want to be told. */
@NullMarked
@ApplicationModule(allowedDependencies = {"common", "tenancy", "secrets", "outbound", "live", "audit", "operations",
    "accounts", "sites", "backups"})
package io.chom.notifications;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
