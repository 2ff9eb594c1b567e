/** Speaks the agent CLI's language: typed commands out, typed results back. */
@NullMarked
@ApplicationModule(allowedDependencies = {"common", "ssh"})
package io.chom.agent;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
