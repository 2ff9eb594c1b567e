package io.chom.sites;

import io.chom.operations.Operation;

/** A site that has been promised, and the operation that keeps the promise. */
public record Created(SiteId site, Operation operation) {}
