package io.chom.web.sites;

import io.chom.accounts.Caller;
import io.chom.accounts.Permission;
import io.chom.backups.AwaitedRestore;
import io.chom.backups.BackupFilter;
import io.chom.backups.BackupId;
import io.chom.backups.BackupProof;
import io.chom.backups.BackupStatus;
import io.chom.backups.BackupType;
import io.chom.backups.BackupView;
import io.chom.backups.Backups;
import io.chom.backups.ProofView;
import io.chom.backups.RestoreView;
import io.chom.backups.Restores;
import io.chom.backups.TargetKind;
import io.chom.backups.Targets;
import io.chom.common.Uuid7;
import io.chom.sites.SiteStatus;
import io.chom.sites.SiteView;
import io.chom.web.backups.BackupWords;
import io.chom.web.backups.TargetChoices;
import io.chom.web.support.Choice;
import io.chom.web.support.Words;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Assembles the list of a site's last backups. */
@Component
class BackupCards {
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");
  private static final int SHOWN = 5;
  /** Whoever watched one of those go out of sight is still told what became of it. */
  static final int WATCHED = 20;
  private static final int REASONS = 5;

  /** All that a backup on the page can turn into. */
  private static final List<String> STATES = List.of("RUNNING", "FAILED", "EXPIRED", "PROVING", "RESTORING", "REMOVING",
      "UNPROVEN",
      "PROVEN", "BROKEN");

  private final Backups backups;
  private final Restores restores;
  private final Targets targets;

  BackupCards(Backups backups, Restores restores, Targets targets) {
    this.backups = backups;
    this.restores = restores;
    this.targets = targets;
  }

  BackupCard card(SiteView site, Caller caller, Words words) {
    return card(site, caller, BackupCard.Wish.NONE, List.of(), words);
  }

  /**
   * @param wish what was sent, where it was refused
   * @param faults why what was asked for was refused
   */
  BackupCard card(SiteView site, Caller caller, BackupCard.Wish wish, List<String> faults, Words words) {
    String here = "/sites/" + site.id() + "/backups";
    var read = backups.page(BackupFilter.of(site.id(), SHOWN + 1));
    var shown = read.subList(0, Math.min(SHOWN, read.size()));
    var proofs = backups.lastProofs(shown);
    boolean settled = site.status() == SiteStatus.ACTIVE || site.status() == SiteStatus.DISABLED;
    boolean running = shown.stream().anyMatch(one -> one.status() == BackupStatus.RUNNING);
    return new BackupCard(here,
        shown.stream().map(one -> entry(one, proofs.get(one.id()), site, caller, words)).toList(), turns(shown),
        "/sites/" + site.id() + "/schedules",
        read.size() > SHOWN ? "/backups?site=" + site.id() : null,
        settled && !running && caller.can(Permission.BACKUPS_WRITE) ? here : null,
        Arrays.stream(BackupType.values())
            .map(type -> new Choice(type.word(), BackupWords.type(type, words), type.word().equals(wish.type())))
            .toList(),
        Uuid7.next().toString(), faults, undo(site, here, caller, words),
        TargetChoices.of(targets.options(), wish.target(), words), wish.exclude(),
        restores.awaited(site.id()).map(one -> awaited(one, site, caller, words)).orElse(null));
  }

  private BackupCard.@Nullable Undo undo(SiteView site, String here, Caller caller, Words words) {
    boolean may = restorable(site) && caller.can(Permission.BACKUPS_RESTORE);
    return restores.undoable(site.id()).map(one -> new BackupCard.Undo(text(one, words), words.moment(one.at()),
        words.moment(one.until()), may ? here + "/undo-restore" : null)).orElse(null);
  }

  private static String text(RestoreView restore, Words words) {
    if (restore.paths() > 0) {
      return words.say("restore.undo.files", restore.paths());
    }
    return restore.tables() > 0 ? words.say("restore.undo.tables", restore.tables()) : words.say("restore.undo.at");
  }

  private static BackupCard.Awaited awaited(AwaitedRestore one, SiteView site, Caller caller, Words words) {
    boolean may = !one.running() && restorable(site) && caller.can(Permission.BACKUPS_RESTORE);
    var again = "/sites/" + one.source() + "/backups/" + one.backup() + "/restore?what=" + one.part().word()
        + "&into=other&to=" + site.id();
    return new BackupCard.Awaited(words.say("restore.awaited", one.domain()),
        words.say(one.running() ? "restore.awaited.running" : "restore.awaited.failed"),
        one.failure() == null || one.running() ? null : words.say("restore.awaited.why", one.failure()),
        may ? again : null);
  }

  /** Also the way out for one that failed. */
  private static boolean restorable(SiteView site) {
    return site.status() == SiteStatus.ACTIVE || site.status() == SiteStatus.DISABLED
        || site.status() == SiteStatus.FAILED;
  }

  private static BackupEntry entry(BackupView one, @Nullable ProofView proof, SiteView site, Caller caller,
      Words words) {
    String address = "/sites/" + site.id() + "/backups/" + one.id();
    return new BackupEntry(one.id().toString(), BackupWords.type(one.type(), words), words.moment(one.createdAt()),
        BackupWords.state(one, words), BackupWords.proof(one, words), facts(one, words), proven(one, proof, words),
        one.provenAt() == null || one.proof() == BackupProof.UNPROVEN ? null : words.moment(one.provenAt()),
        skipped(one, proof, words),
        one.proof() == BackupProof.BROKEN && proof != null ? reasons(proof, words) : List.of(), one.failure(),
        one.idle() && caller.can(Permission.BACKUPS_WRITE) ? address + "/verify" : null,
        one.idle() && restorable(site) && caller.can(Permission.BACKUPS_RESTORE) ? address + "/restore" : null,
        one.status() == BackupStatus.COMPLETED && caller.can(Permission.BACKUPS_RESTORE)
            ? address + "/downloads"
            : null,
        (one.idle() || one.status() == BackupStatus.FAILED) && caller.can(Permission.BACKUPS_DELETE)
            ? address + "/remove"
            : null,
        one.pinned(),
        one.status() == BackupStatus.COMPLETED && caller.can(Permission.BACKUPS_SCHEDULE)
            ? address + (one.pinned() ? "/unpin" : "/pin")
            : null);
  }

  private static String facts(BackupView one, Words words) {
    if (one.status() != BackupStatus.COMPLETED) {
      return "";
    }
    var facts = words.say("backup.facts", words.bytes(one.sizeBytes()), one.files(), one.databases().size(),
        words.bytes(one.addedBytes()));
    return one.target().kind() == TargetKind.LOCAL
        ? facts
        : words.say("backup.facts.in", facts, one.target().name());
  }

  private static @Nullable String proven(BackupView one, @Nullable ProofView proof, Words words) {
    if (proof == null || one.proof() == BackupProof.UNPROVEN || one.status() != BackupStatus.COMPLETED) {
      return null;
    }
    return words.say("backup.proven." + proof.outcome(), words.duration(Duration.ofMillis(proof.restoreMs())),
        proof.serverName());
  }

  private static @Nullable String skipped(BackupView one, @Nullable ProofView proof, Words words) {
    if (proof == null || proven(one, proof, words) == null || proof.skipped().isEmpty()) {
      return null;
    }
    return words.say("backup.skipped", proof.skipped().stream()
        .map(part -> words.sayOr("backup.skipped." + part, part)).collect(Collectors.joining("; ")));
  }

  private static List<String> reasons(ProofView proof, Words words) {
    var named = proof.reasons().stream().filter(reason -> !reason.code().equals(ProofView.MORE)).toList();
    var first = named.stream().limit(REASONS)
        .map(reason -> words.sayOr("backup.reason." + reason.code(), reason.code()) + ": " + reason.what());
    long more = Math.max(0, named.size() - REASONS) + proof.reasons().stream()
        .filter(reason -> reason.code().equals(ProofView.MORE))
        .filter(reason -> NUMBER.matcher(reason.what()).matches()).mapToLong(reason -> Long.parseLong(reason.what()))
        .sum();
    return more > 0 ? Stream.concat(first, Stream.of(words.say("backup.reasons.more", more))).toList() : first.toList();
  }

  /** The event that says how it stands with a backup; a list, which knows what it shows, listens for the others. */
  static String isNow(BackupView backup) {
    return event(backup.id(), state(backup));
  }

  private static String state(BackupView backup) {
    var activity = backup.activity();
    if (activity != null) {
      return activity.name();
    }
    return backup.status() == BackupStatus.COMPLETED ? backup.proof().name() : backup.status().name();
  }

  private static String event(BackupId id, String state) {
    return "backup-is-" + state + "-" + id;
  }

  private static String turns(List<BackupView> there) {
    return there.stream()
        .flatMap(one -> STATES.stream().filter(state -> !state.equals(state(one)))
            .map(state -> "sse:" + event(one.id(), state)))
        .collect(Collectors.joining(", "));
  }
}
