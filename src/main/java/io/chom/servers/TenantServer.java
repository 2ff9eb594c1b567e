package io.chom.servers;

/**
 * A server as a tenant sees it that has sites there.
 *
 * @param publicHost where its sites' names should point to
 */
public record TenantServer(ServerId id, String name, String publicHost) {}
