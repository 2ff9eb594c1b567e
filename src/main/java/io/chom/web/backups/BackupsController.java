package io.chom.web.backups;

import static io.chom.accounts.Permission.BACKUPS_DELETE;
import static io.chom.accounts.Permission.BACKUPS_READ;
import static io.chom.accounts.Permission.BACKUPS_RESTORE;

import io.chom.accounts.Caller;
import io.chom.accounts.Requires;
import io.chom.backups.BackupFilter;
import io.chom.backups.BackupId;
import io.chom.backups.BackupProof;
import io.chom.backups.BackupStatus;
import io.chom.backups.BackupType;
import io.chom.backups.BackupView;
import io.chom.backups.Backups;
import io.chom.backups.SiteStorage;
import io.chom.sites.SiteId;
import io.chom.sites.SiteName;
import io.chom.web.support.Addresses;
import io.chom.web.support.Choice;
import io.chom.web.support.Phrasebook;
import io.chom.web.support.Words;
import io.github.wimdeblauwe.htmx.spring.boot.mvc.HxRequest;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** The backups of all of a tenant's sites, those of deleted sites included. */
@Controller
@RequestMapping("/backups")
class BackupsController {
  /** As many sites are shown with what they need. */
  private static final int STORAGE = 20;

  private final Backups backups;
  private final Phrasebook phrasebook;

  BackupsController(Backups backups, Phrasebook phrasebook) {
    this.backups = backups;
    this.phrasebook = phrasebook;
  }

  @GetMapping
  @Requires(BACKUPS_READ)
  String list(@RequestParam @Nullable UUID site, @RequestParam @Nullable BackupType type,
      @RequestParam @Nullable BackupProof proof, @RequestParam @Nullable UUID before, Caller caller, Model model) {
    model.addAttribute("page", page(site, type, proof, before, caller, phrasebook.here()));
    return "backups/list";
  }

  @HxRequest
  @GetMapping
  @Requires(BACKUPS_READ)
  String table(@RequestParam @Nullable UUID site, @RequestParam @Nullable BackupType type,
      @RequestParam @Nullable BackupProof proof, @RequestParam @Nullable UUID before, Caller caller, Model model) {
    return list(site, type, proof, before, caller, model) + " :: table";
  }

  private BackupList page(@Nullable UUID site, @Nullable BackupType type, @Nullable BackupProof proof,
      @Nullable UUID before, Caller caller, Words words) {
    var read = backups.page(new BackupFilter(site == null ? null : new SiteId(site), type, null, proof,
        before == null ? null : new BackupId(before), BackupFilter.PAGE + 1));
    var shelf = backups.shelf();
    var addresses = Addresses.of("/backups", before).with("site", site == null ? null : site.toString())
        .with("type", type == null ? null : type.name()).with("proof", proof == null ? null : proof.name());
    boolean untouched = read.isEmpty() && site == null && type == null && proof == null && before == null;
    var rows = read.stream().limit(BackupFilter.PAGE).map(backup -> row(backup, caller, words)).toList();
    return new BackupList(rows, words.bytes(shelf.storedBytes()), sites(shelf.sites(), site),
        Arrays.stream(BackupType.values())
            .map(one -> new Choice(one.name(), BackupWords.type(one, words), one == type)).toList(),
        Arrays.stream(BackupProof.values())
            .map(one -> new Choice(one.name(), BackupWords.proof(one, words), one == proof)).toList(),
        addresses.pager(read, BackupFilter.PAGE, BackupView::id), addresses.here(), untouched,
        shelf.storage().stream().limit(STORAGE).map(one -> storage(one, words)).toList());
  }

  private static BackupList.Storage storage(SiteStorage one, Words words) {
    return new BackupList.Storage(one.domain(), "/backups?site=" + one.site(),
        TargetChoices.name(one.target(), one.kind(), words), words.count(one.backups()), words.bytes(one.bytes()));
  }

  private static List<Choice> sites(List<SiteName> sites, @Nullable UUID chosen) {
    return sites.stream()
        .map(site -> new Choice(site.id().toString(), site.domain(), site.id().value().equals(chosen))).toList();
  }

  private static BackupRow row(BackupView backup, Caller caller, Words words) {
    String site = "/sites/" + backup.site();
    boolean removable = backup.idle() || backup.status() == BackupStatus.FAILED;
    return new BackupRow(backup.id().toString(), backup.siteThere() ? site + "#backups" : null, backup.domain(),
        BackupWords.type(backup.type(), words), BackupWords.state(backup, words), BackupWords.proof(backup, words),
        BackupWords.size(backup, words), words.moment(backup.createdAt()), backup.failure(),
        !backup.siteThere() && backup.idle() && caller.can(BACKUPS_RESTORE)
            ? site + "/backups/" + backup.id() + "/restore"
            : null,
        !backup.siteThere() && removable && caller.can(BACKUPS_DELETE)
            ? site + "/backups/" + backup.id() + "/remove"
            : null,
        TargetChoices.name(backup.target().name(), backup.target().kind(), words),
        backup.status() == BackupStatus.COMPLETED && caller.can(BACKUPS_RESTORE)
            ? site + "/backups/" + backup.id() + "/downloads"
            : null);
  }
}
