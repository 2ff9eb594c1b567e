/** Knows the plan, and answers 'may this tenant have one more?'. */
@NullMarked
@ApplicationModule(allowedDependencies = {"common", "tenancy", "audit"})
package io.chom.billing;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
