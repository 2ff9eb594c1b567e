package io.chom.servers;

/**
 * A server as a tenant sees it that has sites there.
 *
 * @param publicHost where its sites' names should point to
 * @param shared whether it is the platform's, where others have sites as well; otherwise it is the tenant's own
 */
public record TenantServer(ServerId id, String name, String publicHost, boolean shared) {}
