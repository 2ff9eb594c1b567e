/** Carries what is happening right now to whoever is watching, by tenant and topic; knows nothing of HTTP. */
@NullMarked
@ApplicationModule(allowedDependencies = {"common", "tenancy", "cache"})
package io.chom.live;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
