package io.chom.operations;

import io.chom.tenancy.TenantId;

/** A worker's right to carry out one operation for a while, given by the picking statement. */
public record Claim(TenantId tenant, OperationId operation, long fence) {}
