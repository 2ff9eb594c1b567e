/** Reads PromQL, and fences each expression to one tenant. */
@NullMarked
@ApplicationModule(allowedDependencies = {"common"})
package io.chom.promql;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
