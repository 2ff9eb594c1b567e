package io.chom.web.backups;

import io.chom.backups.BackupDownloads;
import io.chom.backups.BackupType;
import io.chom.backups.BackupView;
import io.chom.backups.DownloadLink;
import io.chom.backups.DownloadView;
import io.chom.backups.DownloadWish;
import io.chom.web.support.Badge;
import io.chom.web.support.Choice;
import io.chom.web.support.Faults;
import io.chom.web.support.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Assembles the page on which links for downloads are made. */
@Component
class DownloadPages {
  private static final String ONE = "database:";

  private final BackupDownloads downloads;

  DownloadPages(BackupDownloads downloads) {
    this.downloads = downloads;
  }

  /**
   * What was chosen.
   *
   * @param what {@code full}, {@code files}, {@code database} for all, {@code database:shop} for one
   */
  record Form(String what, @Nullable String path, boolean compressed) {
    static final Form EMPTY = new Form("", null, true);

    /** A path can only be one of files, whatever else was chosen. */
    DownloadWish toWish() {
      if (path != null && !path.isBlank()) {
        return DownloadWish.of("files", path.strip(), null, compressed);
      }
      return what.startsWith(ONE)
          ? DownloadWish.of("database", null, what.substring(ONE.length()), compressed)
          : DownloadWish.of(what, null, null, compressed);
    }
  }

  DownloadPage page(BackupView backup, Form form, Faults faults, @Nullable DownloadLink link, Words words) {
    String here = "/sites/" + backup.site() + "/backups/" + backup.id() + "/downloads";
    return new DownloadPage(backup.domain(), backup.siteThere() ? "/sites/" + backup.site() + "#backups" : "/backups",
        BackupWords.type(backup.type(), words), words.moment(backup.createdAt()), BackupWords.proof(backup, words),
        here, parts(backup, form, words), Objects.requireNonNullElse(form.path(), ""), form.compressed(), faults,
        link == null
            ? null
            : new DownloadPage.Link("/downloads/" + link.id() + "?token=" + link.token(),
                words.say("download.ready.text", words.moment(link.expiresAt()).exact(), link.mostUses())),
        downloads.of(backup.site(), backup.id()).stream().map(one -> line(one, here, words)).toList());
  }

  private static List<Choice> parts(BackupView backup, Form form, Words words) {
    var parts = new ArrayList<Choice>();
    backup.parts()
        .forEach(part -> parts.add(choice(part.word(), words.say("restore.part." + part), form)));
    if (backup.parts().contains(BackupType.DATABASE)) {
      backup.databases().forEach(name -> parts.add(choice(ONE + name, words.say("restore.part.one", name), form)));
    }
    return parts;
  }

  private static Choice choice(String value, String label, Form form) {
    return new Choice(value, label, value.equals(form.what()));
  }

  private static DownloadPage.Line line(DownloadView one, String here, Words words) {
    var wish = one.wish();
    var what = wish.path() != null
        ? wish.path()
        : wish.database() != null
            ? words.say("restore.part.one", wish.database())
            : words.say("restore.part." + wish.part());
    return new DownloadPage.Line(what, one.madeBy(), state(one, words), words.moment(one.expiresAt()),
        here + "/" + one.id() + "/revoke");
  }

  private static Badge state(DownloadView one, Words words) {
    if (one.running()) {
      return new Badge("busy", words.say("download.state.running"));
    }
    if ("BROKEN".equals(one.lastStatus())) {
      return new Badge("warn", words.say("download.state.broken", one.uses(), one.mostUses()));
    }
    return one.uses() >= one.mostUses()
        ? new Badge("quiet", words.say("download.state.used-up"))
        : new Badge(one.uses() == 0 ? "quiet" : "ok", words.say("download.state.used", one.uses(), one.mostUses()));
  }
}
