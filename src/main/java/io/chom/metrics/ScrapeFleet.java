package io.chom.metrics;

import io.chom.servers.ServerId;
import java.util.List;

/** Which servers there are and who has sites on them, over all tenants. */
public interface ScrapeFleet {
  /** Every target there is now. */
  List<ScrapeTarget> targets();

  /** Those of one server. */
  List<ScrapeTarget> targetsOf(ServerId server);
}
