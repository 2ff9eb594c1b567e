/** Identifiers, the clock and the exception root; no Spring. */
@NullMarked
@ApplicationModule(allowedDependencies = {})
package io.chom.common;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
