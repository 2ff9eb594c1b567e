package io.chom.metrics;

import io.chom.servers.ServerId;
import io.chom.tenancy.TenantId;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One thing Prometheus asks for: whatever a server says, its series belong to this tenant and no other.
 *
 * @param host where the server is reached
 * @param tenant whose the series are; the platform for the machine of a shared server
 */
public record ScrapeTarget(ScrapeJob job, ServerId server, String name, String host, TenantId tenant) {
  private static final String PLATFORM = "platform";

  /** Where the panel answers for it. */
  public String path() {
    return "/metrics/scrape/" + job.label() + "/" + server + "/" + tenantLabel();
  }

  /** The labels of all its series. */
  public Map<String, String> labels() {
    var labels = new LinkedHashMap<String, String>();
    labels.put("job", job.label());
    labels.put("instance", name);
    labels.put("server", name);
    labels.put("server_id", server.toString());
    labels.put("tenant_id", tenantLabel());
    return labels;
  }

  private String tenantLabel() {
    return labelOf(tenant);
  }

  static String labelOf(TenantId tenant) {
    return tenant.equals(TenantId.PLATFORM) ? PLATFORM : tenant.toString();
  }

  static String tenantOf(String label) {
    return label.equals(PLATFORM) ? TenantId.PLATFORM.toString() : label;
  }
}
