package io.chom.billing;

import io.chom.tenancy.TenantContext;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** The current tenant's plan. */
@Service
public class Plans {
  private final JdbcClient jdbc;

  Plans(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** What the current tenant's plan allows. */
  @Transactional(readOnly = true)
  public Plan current() {
    return read("");
  }

  /**
   * Asks for room inside the transaction that makes the site. Locks the tenant's row, so that two creations are counted
   * one after the other; never looks at a cached number.
   *
   * @param sitesNow counts the tenant's sites; asked once the tenant is locked
   * @throws PlanLimitReached there is no room
   */
  @Transactional(propagation = Propagation.MANDATORY)
  public void requireRoomForOneMoreSite(LongSupplier sitesNow) {
    var plan = read(" for update of t");
    if (!plan.allowsOneMoreSite(sitesNow.getAsLong())) {
      throw new PlanLimitReached("sites", plan.maxSites(), plan.tier());
    }
  }

  private Plan read(String lock) {
    return jdbc.sql("""
        select l.tier, l.max_sites, l.max_storage_gb, l.backup_days, l.api_calls_hour
        from tenant t join tier_limit l on l.tier = t.tier where t.id = :tenant
        """ + lock).param("tenant", tenant()).query((row, n) -> new Plan(row.getString("tier"), row.getInt("max_sites"),
        row.getInt("max_storage_gb"), row.getInt("backup_days"), row.getInt("api_calls_hour"))).single();
  }

  private static UUID tenant() {
    return TenantContext.current().value();
  }
}
