/** Answers "how is this site or server doing?", and hands Prometheus what it may know of each tenant. */
@NullMarked
@ApplicationModule(allowedDependencies = {"common", "tenancy", "agent", "servers", "sites", "promql", "cache"})
package io.chom.metrics;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
