/** Turns browser requests into feature calls, and results into pages, fragments and event streams. */
@NullMarked
@ApplicationModule(allowedDependencies = {"common", "tenancy", "live", "audit", "operations", "accounts", "billing",
    "servers", "sites", "backups", "notifications", "metrics", "dashboard"})
package io.chom.web;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
