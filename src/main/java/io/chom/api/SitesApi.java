package io.chom.api;

import io.chom.accounts.Access;
import io.chom.accounts.Caller;
import io.chom.accounts.Permission;
import io.chom.accounts.Requires;
import io.chom.accounts.TenantNotFound;
import io.chom.servers.ServerId;
import io.chom.sites.ChangePlan;
import io.chom.sites.CreateSite;
import io.chom.sites.DeleteSite;
import io.chom.sites.DomainName;
import io.chom.sites.SiteChange;
import io.chom.sites.SiteFilter;
import io.chom.sites.SiteId;
import io.chom.sites.SitePlans;
import io.chom.sites.SiteStatus;
import io.chom.sites.SiteType;
import io.chom.sites.Sites;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** A tenant's sites. */
@Tag(name = "Sites")
@RestController
@RequestMapping("/api/v1/sites")
class SitesApi {
  private final Sites sites;
  private static final int DELETED = 200;

  private final SitePlans plans;
  private final Access access;

  SitesApi(Sites sites, SitePlans plans, Access access) {
    this.sites = sites;
    this.plans = plans;
    this.access = access;
  }

  /**
   * A site to be made.
   *
   * @param tenantId for whom; only operators name one
   * @param type {@code static} or {@code php}
   * @param serverId where; left away, the panel chooses
   * @param phpVersion such as {@code 8.2}; left away, the server's own
   */
  record NewSite(@Nullable UUID tenantId, @NotNull @Size(max = 1_000) String domain,
      @NotNull @Size(max = 20) String type,
      @Nullable UUID serverId, @Nullable @Size(max = 10) String phpVersion) {}

  @Operation(summary = "List sites, newest first")
  @GetMapping
  @Requires(Permission.SITES_READ)
  Page<SiteBody> list(@RequestParam @Nullable String search, @RequestParam @Nullable SiteStatus status,
      @RequestParam @Nullable UUID before, @RequestParam(defaultValue = "25") int limit) {
    int size = Page.size(limit);
    var read = sites.page(new SiteFilter(search, status, before == null ? null : new SiteId(before), size + 1));
    return Page.of(read, size, site -> site.id().value(), SiteBody::of);
  }

  @Operation(summary = "One site")
  @GetMapping("/{id}")
  @Requires(Permission.SITES_READ)
  SiteBody get(@PathVariable UUID id) {
    return SiteBody.of(sites.get(new SiteId(id)));
  }

  @Operation(summary = "Create a site", description = "Answers at once; the operation tells how it goes on.")
  @PostMapping
  @Requires(Permission.SITES_WRITE)
  ResponseEntity<Accepted> create(@RequestBody @Valid NewSite wanted,
      @RequestHeader(name = "Idempotency-Key", required = false) @Nullable String key, Caller caller) {
    var site = new CreateSite(DomainName.parse(wanted.domain()), SiteType.of(wanted.type()), wanted.phpVersion(),
        wanted.serverId() == null ? null : new ServerId(wanted.serverId()), Keys.of(caller, key));
    var created = TenantContext.callAs(tenant(wanted.tenantId(), caller), () -> sites.create(site, caller.actor()));
    return Accepted.of(created.site().value(), created.operation());
  }

  @Operation(summary = "Delete a site", description = "Without purge the server retains its files.")
  @DeleteMapping("/{id}")
  @Requires(Permission.SITES_DELETE)
  ResponseEntity<Accepted> delete(@PathVariable UUID id, @RequestParam(defaultValue = "false") boolean purge,
      Caller caller) {
    var site = sites.get(new SiteId(id));
    return Accepted.of(id, sites.delete(site.id(), new DeleteSite(site.domain(), purge), caller.actor()));
  }

  @Operation(summary = "Deleted sites that can be brought back", description = "The last deleted first, at most 200.")
  @GetMapping("/deleted")
  @Requires(Permission.SITES_READ)
  DeletedSites deleted() {
    return new DeletedSites(sites.deleted(DELETED).stream().map(DeletedSiteBody::of).toList());
  }

  @Operation(summary = "Undo a deletion", description = "As long as the site is retained: it comes back as it was, files and user included. 409 where its name is not available any more, or the plan has no room.")
  @PostMapping("/{id}/undo-deletion")
  @Requires(Permission.SITES_WRITE)
  ResponseEntity<Accepted> undoDeletion(@PathVariable UUID id, Caller caller) {
    return Accepted.of(id, sites.undoDeletion(new SiteId(id), caller.actor()));
  }

  @Operation(summary = "What a change would do", description = "Asks the site's server, which changes nothing: steps, differences of configuration files, services. 502 where it does not answer within three seconds.")
  @GetMapping("/{id}/plan")
  @Requires(Permission.SITES_WRITE)
  ChangePlan plan(@PathVariable UUID id, @RequestParam SiteChange change) {
    return plans.of(new SiteId(id), change);
  }

  @Operation(summary = "Build a site again whose creation failed")
  @PostMapping("/{id}/try-again")
  @Requires(Permission.SITES_WRITE)
  ResponseEntity<Accepted> tryAgain(@PathVariable UUID id, Caller caller) {
    return Accepted.of(id, sites.tryAgain(new SiteId(id), caller.actor()));
  }

  @Operation(summary = "Close a site", description = "Visitors get a notice (503). Files and databases stay.")
  @PostMapping("/{id}/disable")
  @Requires(Permission.SITES_WRITE)
  ResponseEntity<Accepted> disable(@PathVariable UUID id, Caller caller) {
    return Accepted.of(id, sites.disable(new SiteId(id), caller.actor()));
  }

  @Operation(summary = "Open a closed site again")
  @PostMapping("/{id}/enable")
  @Requires(Permission.SITES_WRITE)
  ResponseEntity<Accepted> enable(@PathVariable UUID id, Caller caller) {
    return Accepted.of(id, sites.enable(new SiteId(id), caller.actor()));
  }

  private TenantId tenant(@Nullable UUID wanted, Caller caller) {
    if (wanted == null || wanted.equals(caller.tenant().value())) {
      return caller.tenant();
    }
    var tenant = new TenantId(wanted);
    if (!caller.can(Permission.TENANTS_ACT) || !access.mayEnter(caller.user(), tenant)) {
      throw new TenantNotFound(tenant);
    }
    return tenant;
  }
}
