/** Appends to and consumes Redis Streams, the bells that wake sleeping workers. */
@NullMarked
@ApplicationModule(allowedDependencies = {"common"})
package io.chom.queue;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
