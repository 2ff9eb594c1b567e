/** Starts the panel's embedded parts and the demo server, and answers the command line. */
@NullMarked
@ApplicationModule(allowedDependencies = {"common", "promql", "tenancy", "secrets", "ssh", "agent", "accounts",
    "servers",
    "operations", "recovery"})
package io.chom.launch;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
