package io.chom.operations;

import io.chom.tenancy.TenantId;

/**
 * A worker's right to carry out one operation for a while, given by the picking statement.
 *
 * @param adopted whether another worker had begun it and left it
 */
public record Claim(TenantId tenant, OperationId operation, long fence, boolean adopted) {}
