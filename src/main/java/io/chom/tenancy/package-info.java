/** Knows for which tenant this code is running, and makes the database agree. */
@NullMarked
@ApplicationModule(allowedDependencies = {"common"})
package io.chom.tenancy;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
