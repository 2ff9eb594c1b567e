package io.chom.api;

import io.chom.accounts.Caller;
import io.chom.accounts.Permission;
import io.chom.accounts.Requires;
import io.chom.backups.BackupContents;
import io.chom.backups.BackupFilter;
import io.chom.backups.BackupId;
import io.chom.backups.BackupListing;
import io.chom.backups.BackupProof;
import io.chom.backups.BackupRefused;
import io.chom.backups.BackupRetention;
import io.chom.backups.BackupStatus;
import io.chom.backups.BackupType;
import io.chom.backups.BackupWish;
import io.chom.backups.Backups;
import io.chom.backups.ProofView;
import io.chom.backups.RestoreScope;
import io.chom.backups.Restores;
import io.chom.backups.TargetId;
import io.chom.servers.ServerId;
import io.chom.sites.DomainName;
import io.chom.sites.SiteId;
import io.chom.sites.Sites;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The backups of one site. They can be listed and removed after the site itself is gone. */
@Tag(name = "Backups")
@RestController
@RequestMapping("/api/v1/sites/{site}/backups")
class BackupsApi {
  private final Backups backups;
  private final Restores restores;
  private final BackupRetention retention;
  private final BackupContents contents;
  private final Sites sites;

  BackupsApi(Backups backups, Restores restores, BackupRetention retention, BackupContents contents, Sites sites) {
    this.contents = contents;
    this.sites = sites;
    this.backups = backups;
    this.restores = restores;
    this.retention = retention;
  }

  /**
   * A backup as it is wanted.
   *
   * @param type {@code full}, {@code files} or {@code database}
   * @param target where it is to lie; left away, in the tenant's default target
   * @param exclude what is left out, as restic names it, relative to the site's home, such as {@code shared/cache}
   */
  record NewBackup(@NotNull @Size(max = 20) String type, @Nullable UUID target,
      @Nullable @Size(max = 50) List<@NotNull String> exclude) {
    BackupWish wish() {
      return new BackupWish(BackupType.of(type, "type"), target == null ? null : new TargetId(target),
          exclude == null ? List.of() : exclude);
    }
  }

  /**
   * What is to be brought back.
   *
   * @param what {@code full}, {@code files} or {@code database}
   * @param database the one database, with {@code database}; left away, all of them
   * @param paths with {@code files}, only these files and directories, named as by contents
   * @param tables of the one database, only these tables, named as by contents
   * @param to another site of the tenant, into which it comes
   * @param newSite a site that is made for it; {@code to} is left away then
   * @param adapt whether wp-config.php and .env of the files get the other site's database and address; true where it is
   *        left away and a whole part with files comes into another site
   */
  record Restore(@NotNull @Size(max = 20) String what, @Nullable @Size(max = 100) String database,
      @Nullable @Size(max = 100) List<String> paths, @Nullable @Size(max = 100) List<String> tables,
      @Nullable UUID to, @Nullable @Valid NewSite newSite, @Nullable Boolean adapt) {
    RestoreScope scope() {
      var part = BackupType.of(what, "what");
      var files = paths == null ? List.<String>of() : paths;
      var some = tables == null ? List.<String>of() : tables;
      boolean whole = files.isEmpty() && some.isEmpty() && part != BackupType.DATABASE;
      return new RestoreScope(part, database, files, some,
          adapt == null ? whole && (to != null || newSite != null) : adapt);
    }
  }

  /**
   * A site that is made for a backup, of the same type as that of the backup.
   *
   * @param serverId where; left away, the panel chooses one that reaches the backup
   */
  record NewSite(@NotNull @Size(max = 1_000) String domain, @Nullable UUID serverId) {}

  /** @param next what to send as {@code after} for the ones that follow; null where these are all */
  record Contents(List<Entry> items, @Nullable String next) {
    static Contents of(BackupListing listing) {
      return new Contents(listing.entries().stream().map(Entry::of).toList(), listing.next());
    }
  }

  /**
   * What lies in a backup.
   *
   * @param name as a restore takes it: {@code %XX} stands for what is not printable ASCII, and for the percent sign
   * @param shown as a person reads it
   * @param type directory, file, link, database or table
   * @param size in bytes; of a directory, of all the {@code files} below it
   */
  record Entry(String name, String shown, String type, long size, long files, @Nullable Instant changedAt,
      long tables, long rows) {
    static Entry of(BackupListing.Entry entry) {
      return new Entry(entry.name(), entry.shown(), entry.type(), entry.size(), entry.files(), entry.changedAt(),
          entry.tables(), entry.rows());
    }
  }

  /**
   * What came of looking at a backup.
   *
   * @param reasons why it is BROKEN
   * @param answered the HTTP status with which the restored site answered
   * @param skipped what was not looked at: {@code answer} (the page), {@code answer.network} (it failed after a call to
   *        somebody outside), {@code mariadb} (its databases)
   * @param serverId which server restored it on the side: another one than the site's where one can
   */
  record ProofBody(String outcome, List<ProofView.Reason> reasons, long files, long sizeBytes, long tables, long rows,
      @Nullable Integer answered, long restoreMs, List<String> skipped, UUID serverId, String server, Instant at) {
    static ProofBody of(ProofView view) {
      return new ProofBody(view.outcome().name(), view.reasons(), view.files(), view.sizeBytes(), view.tables(),
          view.rows(), view.answered(), view.restoreMs(), view.skipped(), view.server(), view.serverName(), view.at());
    }
  }

  /** @param lastProof null while nobody has looked at it */
  record OneBackup(BackupBody backup, @Nullable ProofBody lastProof) {}

  @Operation(summary = "List a site's backups, newest first", description = "Removed ones only where status is EXPIRED.")
  @GetMapping
  @Requires(Permission.BACKUPS_READ)
  Page<BackupBody> list(@PathVariable UUID site, @RequestParam @Nullable String type,
      @RequestParam @Nullable BackupStatus status, @RequestParam @Nullable BackupProof proof,
      @RequestParam @Nullable UUID before, @RequestParam(defaultValue = "" + BackupFilter.PAGE) int limit) {
    int size = Page.size(limit);
    var of = new SiteId(site);
    var read = backups.pageOf(of, AllBackupsApi.filter(of, type, status, proof, before, size));
    return Page.of(read, size, backup -> backup.id().value(), BackupBody::of);
  }

  @Operation(summary = "One backup, and what came of looking at it")
  @GetMapping("/{id}")
  @Requires(Permission.BACKUPS_READ)
  OneBackup get(@PathVariable UUID site, @PathVariable UUID id) {
    var view = backups.get(new SiteId(site), new BackupId(id));
    return new OneBackup(BackupBody.of(view), backups.lastProof(view.id()).map(ProofBody::of).orElse(null));
  }

  @Operation(summary = "Back a site up", description = "One at a time for each site. The operation tells how it goes on.")
  @PostMapping
  @Requires(Permission.BACKUPS_WRITE)
  ResponseEntity<Accepted> create(@PathVariable UUID site, @RequestBody @Valid NewBackup wanted,
      @RequestHeader(name = "Idempotency-Key", required = false) @Nullable String key, Caller caller) {
    return accepted(backups.create(new SiteId(site), wanted.wish(), Keys.of(caller, key), caller.actor()));
  }

  @Operation(summary = "Prove a backup", description = "Restores it on the side, on another server than the site's where one can, and holds it against what was there when it was taken. What came of it is the backup's proof.")
  @PostMapping("/{id}/verify")
  @Requires(Permission.BACKUPS_WRITE)
  ResponseEntity<Accepted> verify(@PathVariable UUID site, @PathVariable UUID id,
      @RequestHeader(name = "Idempotency-Key", required = false) @Nullable String key, Caller caller) {
    return accepted(backups.verify(new SiteId(site), new BackupId(id), Keys.of(caller, key), caller.actor()));
  }

  @Operation(summary = "What lies in a backup", description = "A directory of its files (path, as restores name it; left away, the site's home), its databases, or the tables of one. At most 200, with next for more. 502 where its server does not answer.")
  @GetMapping("/{id}/contents")
  @Requires(Permission.BACKUPS_RESTORE)
  Contents contents(@PathVariable UUID site, @PathVariable UUID id,
      @RequestParam(defaultValue = "files") String what, @RequestParam(defaultValue = "") String path,
      @RequestParam(defaultValue = "") String database, @RequestParam @Nullable String after) {
    var of = new SiteId(site);
    var backup = new BackupId(id);
    return Contents.of(switch (what) {
      case "files" -> contents.files(of, backup, path, after);
      case "databases" -> contents.databases(of, backup);
      case "tables" -> contents.tables(of, backup, database, after);
      default -> throw new BackupRefused(BackupRefused.Reason.NOT_IN_BACKUP, "what");
    });
  }

  @Operation(summary = "Restore a backup", description = "Over its site, into another one (to) or as a new one (newSite): all of it, a part, single files or tables. Replaces what is there; the state before is kept for a week, see undo-restore of the site into which it came. The answer's id is the backup's, with newSite the new site's.")
  @PostMapping("/{id}/restore")
  @Requires(Permission.BACKUPS_RESTORE)
  ResponseEntity<Accepted> restore(@PathVariable UUID site, @PathVariable UUID id, @RequestBody @Valid Restore wanted,
      @RequestHeader(name = "Idempotency-Key", required = false) @Nullable String key, Caller caller) {
    var view = backups.get(new SiteId(site), new BackupId(id));
    var once = Keys.of(caller, key);
    if (wanted.newSite() != null) {
      caller.mustHold(Permission.SITES_WRITE.scope());
      if (wanted.to() != null) {
        throw new BackupRefused(BackupRefused.Reason.NO_SUCH_PLACE, "to");
      }
      var promised = restores.restoreAsNew(view.site(), view.id(), wanted.scope(),
          DomainName.parse(wanted.newSite().domain()),
          wanted.newSite().serverId() == null ? null : new ServerId(wanted.newSite().serverId()), once,
          caller.actor());
      return Accepted.of(promised.site().value(), promised.restore());
    }
    if (wanted.to() == null) {
      return accepted(restores.restore(view.site(), view.id(), new Restores.Wanted(wanted.scope(), view.domain()),
          once, caller.actor()));
    }
    var to = new SiteId(wanted.to());
    return accepted(restores.restoreInto(to, view.site(), view.id(),
        new Restores.Wanted(wanted.scope(), sites.get(to).domain()), once, caller.actor()));
  }

  @Operation(summary = "Undo the last restore", description = "As long as the state before is kept.")
  @PostMapping("/undo-restore")
  @Requires(Permission.BACKUPS_RESTORE)
  ResponseEntity<Accepted> undo(@PathVariable UUID site, Caller caller) {
    return Accepted.of(site, restores.undo(new SiteId(site), caller.actor()));
  }

  @Operation(summary = "Remove a backup", description = "For good; also when its site is gone. One that failed has nothing on its server: then the answer is 204.")
  @DeleteMapping("/{id}")
  @Requires(Permission.BACKUPS_DELETE)
  ResponseEntity<?> delete(@PathVariable UUID site, @PathVariable UUID id, Caller caller) {
    var view = backups.get(new SiteId(site), new BackupId(id));
    var operation = backups.delete(view.site(), view.id(), view.domain(), caller.actor());
    return operation.isPresent() ? Accepted.of(id, operation.get()) : ResponseEntity.noContent().build();
  }

  @Operation(summary = "Keep a backup whatever its schedule says")
  @PutMapping("/{id}/pin")
  @Requires(Permission.BACKUPS_SCHEDULE)
  ResponseEntity<Void> pin(@PathVariable UUID site, @PathVariable UUID id, Caller caller) {
    retention.pin(new SiteId(site), new BackupId(id), true, caller.actor());
    return ResponseEntity.noContent().build();
  }

  @Operation(summary = "Keep a backup no longer than its schedule says")
  @DeleteMapping("/{id}/pin")
  @Requires(Permission.BACKUPS_SCHEDULE)
  ResponseEntity<Void> unpin(@PathVariable UUID site, @PathVariable UUID id, Caller caller) {
    retention.pin(new SiteId(site), new BackupId(id), false, caller.actor());
    return ResponseEntity.noContent().build();
  }

  private static ResponseEntity<Accepted> accepted(Backups.Promised promised) {
    return Accepted.of(promised.backup().value(), promised.operation());
  }
}
