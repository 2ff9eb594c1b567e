/** Judges a host that a customer named, before anything is sent there. */
@NullMarked
@ApplicationModule(allowedDependencies = {"common"})
package io.chom.outbound;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
