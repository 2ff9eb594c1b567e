/** Records a long-running change, from requested to finished, and hands it to whoever can carry it out. */
@NullMarked
@ApplicationModule(allowedDependencies = {"common", "tenancy", "queue", "live", "audit"})
package io.chom.operations;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
