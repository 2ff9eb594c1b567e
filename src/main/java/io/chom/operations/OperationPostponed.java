package io.chom.operations;

import io.chom.tenancy.TenantId;

/** A try of an operation has ended, and another will follow it. */
public record OperationPostponed(TenantId tenant, OperationId operation) {}
