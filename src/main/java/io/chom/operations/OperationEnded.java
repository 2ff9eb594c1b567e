package io.chom.operations;

import io.chom.tenancy.TenantId;

/** An operation has come to its one end. Published in the transaction that says so. */
public record OperationEnded(TenantId tenant, OperationId operation) {}
