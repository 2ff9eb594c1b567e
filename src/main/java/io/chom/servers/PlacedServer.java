package io.chom.servers;

import io.chom.tenancy.TenantId;
import java.util.List;

/**
 * A server chosen for a tenant's next site.
 *
 * @param owner whose server it is: the tenant's own, or the platform's
 * @param publicHost where its sites' names should point to
 */
public record PlacedServer(ServerId id, TenantId owner, String name, String publicHost, List<String> phpVersions) {}
