/** Keeps a few sshj connections per server, and runs a command on one of them. */
@NullMarked
@ApplicationModule(allowedDependencies = {"common"})
package io.chom.ssh;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
