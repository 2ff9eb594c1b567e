package io.chom.web.sites;

import io.chom.backups.BackupContents;
import io.chom.backups.BackupListing;
import io.chom.backups.BackupRefused;
import io.chom.backups.BackupType;
import io.chom.backups.BackupView;
import io.chom.backups.RestoreScope;
import io.chom.servers.QuestionRefused;
import io.chom.servers.ServerNotReached;
import io.chom.web.backups.BackupWords;
import io.chom.web.sites.ContentsPage.Crumb;
import io.chom.web.sites.ContentsPage.Picked;
import io.chom.web.sites.ContentsPage.Row;
import io.chom.web.sites.RestorePage.Field;
import io.chom.web.sites.RestorePage.Link;
import io.chom.web.support.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Assembles the page on which somebody looks around in a backup. */
@Component
class ContentsPages {
  private static final String DATABASES = "databases";

  private final BackupContents contents;

  ContentsPages(BackupContents contents) {
    this.contents = contents;
  }

  /**
   * @param at the directory, as it is written
   * @param after what the page before called next
   * @param withList whether to ask the server now
   */
  ContentsPage page(BackupView backup, RestoreChoice sent, String at, @Nullable String after, boolean withList,
      Words words) {
    String here = RestorePages.address(backup) + "/contents";
    var choice = sensible(backup, sent);
    boolean databases = choice.what().startsWith(BackupType.DATABASE.word()) || choice.what().equals(DATABASES);
    var database = choice.what().startsWith(RestoreChoice.DATABASE)
        ? choice.what().substring(RestoreChoice.DATABASE.length())
        : null;
    BackupListing listing = null;
    String trouble = null;
    if (withList) {
      try {
        listing = database != null
            ? contents.tables(backup.site(), backup.id(), database, after)
            : databases
                ? contents.databases(backup.site(), backup.id())
                : contents.files(backup.site(), backup.id(), at, after);
      } catch (ServerNotReached _) {
        trouble = words.say("contents.away");
      } catch (QuestionRefused e) {
        trouble = words.say("plan.refused", String.valueOf(e.getMessage()));
      } catch (BackupRefused e) {
        trouble = words.say(e.messageKey(), e.names());
      }
    }
    var pick = database != null ? "table" : databases ? null : "path";
    var chosen = Set.copyOf(database != null ? choice.tables() : databases ? List.of() : choice.paths());
    var rows = listing == null ? null : rows(listing, choice, here, at, databases, chosen, words);
    var shown = rows == null ? Set.<String>of() : Set.copyOf(rows.stream().map(Row::value).toList());
    var elsewhere = chosen.stream().sorted().filter(value -> !shown.contains(value))
        .map(value -> new Picked(value, (databases ? "" : "/") + RestoreScope.shown(value))).toList();
    return new ContentsPage(backup.domain(), here, choice.at(RestorePages.address(backup) + "/restore"),
        BackupWords.type(backup.type(), words), words.moment(backup.createdAt()), BackupWords.proof(backup, words),
        kinds(backup, choice, here, databases, words), databases ? List.of() : trail(at, words), at,
        fields(choice, databases), elsewhere, listAt(choice, here, at, after), rows,
        listing == null ? null : listing.next(), pick, chosen.size(), RestorePages.address(backup) + "/restore",
        trouble);
  }

  private static RestoreChoice sensible(BackupView backup, RestoreChoice sent) {
    boolean files = backup.parts().contains(BackupType.FILES);
    if (sent.what().startsWith(BackupType.DATABASE.word()) || !files) {
      return sent.what().startsWith(RestoreChoice.DATABASE)
          ? sent
          : new RestoreChoice(DATABASES, List.of(), List.of(), sent.into(), sent.to(), sent.adapt(), sent.domain(),
              sent.typedName(), sent.requestKey());
    }
    return sent.paths().isEmpty() ? sent.part(BackupType.FILES.word()) : sent;
  }

  private static List<Link> kinds(BackupView backup, RestoreChoice choice, String here, boolean databases,
      Words words) {
    var kinds = new ArrayList<Link>();
    if (backup.parts().contains(BackupType.FILES)) {
      kinds.add(new Link(words.say("contents.files"), choice.part(BackupType.FILES.word()).at(here), !databases));
    }
    if (backup.parts().contains(BackupType.DATABASE)) {
      kinds.add(new Link(words.say("contents.databases"), choice.part(DATABASES).at(here), databases));
    }
    return kinds;
  }

  private static List<Crumb> trail(String at, Words words) {
    var trail = new ArrayList<Crumb>();
    trail.add(new Crumb(words.say("contents.home"), ""));
    for (int end = at.indexOf('/'); !at.isEmpty(); end = at.indexOf('/', end + 1)) {
      String path = end < 0 ? at : at.substring(0, end);
      trail.add(new Crumb(RestoreScope.shown(path.substring(path.lastIndexOf('/') + 1)), path));
      if (end < 0) {
        break;
      }
    }
    return trail;
  }

  /** Where to, and the database; what is chosen travels by itself. */
  private static List<Field> fields(RestoreChoice choice, boolean databases) {
    var fields = new ArrayList<Field>();
    if (databases) {
      fields.add(new Field("what", choice.what()));
    }
    choice.place().forEach(field -> fields.add(new Field(field.name(), field.value())));
    return fields;
  }

  private static String listAt(RestoreChoice choice, String here, String at, @Nullable String after) {
    var more = new ArrayList<RestoreChoice.Hidden>();
    more.add(new RestoreChoice.Hidden("list", "true"));
    more.add(new RestoreChoice.Hidden("at", at));
    if (after != null) {
      more.add(new RestoreChoice.Hidden("after", after));
    }
    return choice.at(here, more);
  }

  private static List<Row> rows(BackupListing listing, RestoreChoice choice, String here, String at,
      boolean databases, Set<String> chosen, Words words) {
    return listing.entries().stream().map(entry -> {
      var value = databases || at.isEmpty() ? entry.name() : at + "/" + entry.name();
      var kind = words.sayOr("contents.type." + entry.type(), entry.type());
      return new Row(value, entry.shown(), icon(entry.type()), kind, facts(entry, words),
          entry.changedAt() == null ? null : words.moment(entry.changedAt()), entry.isDirectory() ? value : null,
          entry.type().equals("database") ? choice.part(RestoreChoice.DATABASE + entry.name()).at(here) : null,
          chosen.contains(value));
    }).toList();
  }

  private static String icon(String type) {
    return switch (type) {
      case "directory" -> "folder";
      case "link" -> "external-link";
      case "database" -> "database";
      case "table" -> "stack-2";
      default -> "file-text";
    };
  }

  private static String facts(BackupListing.Entry entry, Words words) {
    return switch (entry.type()) {
      case "directory" -> words.say("contents.facts.directory", words.bytes(entry.size()), entry.files());
      case "database" -> words.say("contents.facts.database", entry.tables(), entry.rows());
      case "table" -> words.say("contents.facts.table", entry.rows());
      case "link" -> "";
      default -> words.bytes(entry.size());
    };
  }
}
