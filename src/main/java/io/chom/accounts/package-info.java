/** Knows people, memberships, roles and tokens. */
@NullMarked
@ApplicationModule(allowedDependencies = {"common", "tenancy", "audit", "secrets"})
package io.chom.accounts;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
