package io.chom.api;

import io.chom.accounts.Permission;
import io.chom.accounts.Requires;
import io.chom.backups.BackupFilter;
import io.chom.backups.BackupId;
import io.chom.backups.BackupProof;
import io.chom.backups.BackupStatus;
import io.chom.backups.BackupType;
import io.chom.backups.Backups;
import io.chom.sites.SiteId;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The backups of all of a tenant's sites, of deleted ones too. */
@Tag(name = "Backups")
@RestController
@RequestMapping("/api/v1/backups")
class AllBackupsApi {
  private final Backups backups;

  AllBackupsApi(Backups backups) {
    this.backups = backups;
  }

  /** @param storedBytes how much all of the tenant's backups need where they are kept */
  record BackupList(List<BackupBody> items, @Nullable String next, long storedBytes) {}

  @Operation(summary = "List all backups, newest first", description = "Removed ones only where status is EXPIRED.")
  @GetMapping
  @Requires(Permission.BACKUPS_READ)
  BackupList list(@RequestParam @Nullable UUID site, @RequestParam @Nullable String type,
      @RequestParam @Nullable BackupStatus status, @RequestParam @Nullable BackupProof proof,
      @RequestParam @Nullable UUID before, @RequestParam(defaultValue = "" + BackupFilter.PAGE) int limit) {
    int size = Page.size(limit);
    var read = backups.page(filter(site == null ? null : new SiteId(site), type, status, proof, before, size));
    var page = Page.of(read, size, backup -> backup.id().value(), BackupBody::of);
    return new BackupList(page.items(), page.next(), backups.shelf().storedBytes());
  }

  /** What a site's backups need in one target. */
  record StorageBody(UUID siteId, String domain, boolean siteDeleted, String target, String kind, long backups,
      long storedBytes) {}

  @Operation(summary = "How much the backups of each site need, and where", description = "The largest first, 500 at most.")
  @GetMapping("/storage")
  @Requires(Permission.BACKUPS_READ)
  List<StorageBody> storage() {
    return backups.shelf().storage().stream().map(one -> new StorageBody(one.site().value(), one.domain(),
        !one.siteThere(), one.target(), one.kind().word(), one.backups(), one.bytes())).toList();
  }

  /** With one more than is shown. */
  static BackupFilter filter(@Nullable SiteId site, @Nullable String type, @Nullable BackupStatus status,
      @Nullable BackupProof proof, @Nullable UUID before, int size) {
    return new BackupFilter(site, type == null ? null : BackupType.of(type, "type"), status, proof,
        before == null ? null : new BackupId(before), size + 1);
  }
}
