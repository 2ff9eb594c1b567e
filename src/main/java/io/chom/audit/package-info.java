/** Remembers who did what, and never forgets. */
@NullMarked
@ApplicationModule(allowedDependencies = {"common", "tenancy", "secrets"})
package io.chom.audit;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
