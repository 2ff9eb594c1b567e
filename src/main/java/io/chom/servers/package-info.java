/** Knows the fleet: address, host key, capacity, health, and which server takes the next site. */
@NullMarked
@ApplicationModule(allowedDependencies = {"common", "tenancy", "secrets", "ssh", "agent", "operations", "audit",
    "live"})
package io.chom.servers;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
