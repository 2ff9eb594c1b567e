/** Knows a tenant's sites and everything that can change about one (create, delete, certificate). */
@NullMarked
@ApplicationModule(allowedDependencies = {"common", "tenancy", "audit", "agent", "operations", "billing", "servers",
    "live", "secrets"})
package io.chom.sites;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
