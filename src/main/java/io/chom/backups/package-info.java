/** Takes, proves, restores and removes backups of sites. */
@NullMarked
@ApplicationModule(allowedDependencies = {"common", "tenancy", "secrets", "outbound", "ssh", "cache", "live", "audit",
    "agent",
    "operations",
    "servers", "sites", "billing", "metrics"})
package io.chom.backups;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
