/** Pulls work: clocks that start things, and workers that take operations off the queue. */
@NullMarked
@ApplicationModule(allowedDependencies = {"common", "tenancy", "queue", "live", "operations", "accounts", "servers",
    "sites", "backups", "metrics", "notifications", "recovery"})
package io.chom.jobs;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
