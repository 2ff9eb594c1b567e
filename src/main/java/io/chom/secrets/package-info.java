/** Keeps secrets encrypted at rest under the master key. */
@NullMarked
@ApplicationModule(allowedDependencies = {"common"})
package io.chom.secrets;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
