/** Assembles one tenant's overview. */
@NullMarked
@ApplicationModule(allowedDependencies = {"common", "tenancy", "sites", "servers", "billing", "operations", "cache"})
package io.chom.dashboard;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
