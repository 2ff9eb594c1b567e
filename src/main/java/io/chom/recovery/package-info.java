/** Keeps sealed copies of the panel itself, and brings a panel back from one. */
@NullMarked
@ApplicationModule(allowedDependencies = {"common", "tenancy"})
package io.chom.recovery;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
