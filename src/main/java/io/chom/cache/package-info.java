/** Remembers a value for one tenant for a while. */
@NullMarked
@ApplicationModule(allowedDependencies = {"common", "tenancy"})
package io.chom.cache;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
