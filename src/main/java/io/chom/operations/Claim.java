package io.chom.operations;

import io.chom.tenancy.TenantId;

/**
 * A worker's right to carry out one operation for a while, given by the picking statement.
 *
 * @param adopted whether another worker had begun it and left it
 * @param maybeSent whether its server may have heard of the present try
 * @param agentOffset bytes of its events that the log has already
 */
public record Claim(TenantId tenant, OperationId operation, long fence, boolean adopted, boolean maybeSent,
    long agentOffset) {}
