package io.chom.metrics;

import io.chom.servers.ServerId;
import io.chom.sites.MeasuredSites;
import io.chom.tenancy.TenantContext;
import java.util.List;
import java.util.UUID;
import org.springframework.stereotype.Service;
import tools.jackson.databind.JsonNode;

/** What Prometheus is to ask, and the answers: relayed from the servers, divided among the tenants by the panel's tables. */
@Service
public class Scrapes {
  private final ScrapeFleet fleet;
  private final ServerFigures figures;
  private final MeasuredSites sites;
  private final SiteBackupTimes backups;
  private final ScrapeProperties properties;

  Scrapes(ScrapeFleet fleet, ServerFigures figures, MeasuredSites sites, SiteBackupTimes backups,
      ScrapeProperties properties) {
    this.fleet = fleet;
    this.figures = figures;
    this.sites = sites;
    this.backups = backups;
    this.properties = properties;
  }

  /** Those the panel answers for. */
  public List<ScrapeTarget> relayed() {
    return fleet.targets().stream().filter(target -> !isDirect(target)).toList();
  }

  /** Those Prometheus asks without the panel; none unless that is set. */
  public List<ScrapeTarget> direct() {
    return fleet.targets().stream().filter(this::isDirect).toList();
  }

  private boolean isDirect(ScrapeTarget target) {
    return properties.direct() && target.job() == ScrapeJob.NODE;
  }

  /**
   * One target's series as text, after one question to its server at most.
   *
   * @throws ScrapeTargetNotFound there is none by these labels
   * @throws io.chom.common.ChomException the server does not answer in time, or refuses
   */
  public String scrape(String job, String server, String tenant) {
    var target = find(job, server, tenant);
    var said = figures.of(target.server(), target.tenant());
    var text = new Exposition(properties.series());
    switch (target.job()) {
      case NODE -> NodeSeries.write(said.path("node"), text);
      case SITES -> TenantContext.runAs(target.tenant(), () -> writeSites(target.server(), said, text));
    }
    return text.text();
  }

  private void writeSites(ServerId server, JsonNode said, Exposition text) {
    var known = sites.on(server);
    SiteSeries.write(known, backups.lastSuccess(known.stream().map(site -> site.id()).toList()), said.path("sites"),
        text);
  }

  private ScrapeTarget find(String job, String server, String tenant) {
    try {
      var wanted = ScrapeTarget.tenantOf(tenant);
      return ScrapeJob.labelled(job)
          .flatMap(known -> fleet.targetsOf(new ServerId(UUID.fromString(server))).stream()
              .filter(one -> one.job() == known && one.tenant().toString().equals(wanted)).findFirst())
          .orElseThrow(() -> new ScrapeTargetNotFound(job, server, tenant));
    } catch (IllegalArgumentException e) {
      throw new ScrapeTargetNotFound(job, server, tenant);
    }
  }
}
