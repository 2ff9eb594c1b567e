package io.chom.backups;

import io.chom.agent.AgentCommand;
import io.chom.servers.QuestionRefused;
import io.chom.servers.ServerId;
import io.chom.servers.ServerQuestions;
import io.chom.sites.SiteId;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.JsonNode;

/** Looks into the current tenant's backups, where they lie. Nothing is restored for it. */
@Service
public class BackupContents {
  /** The first look reads the whole list from where the backup lies; it goes on there when nobody waits any more. */
  public static final Duration LIMIT = Duration.ofSeconds(20);

  private final BackupRows rows;
  private final Repositories repositories;
  private final ServerQuestions servers;
  private final SharedPlaces places;
  private final TransactionTemplate transaction;

  BackupContents(BackupRows rows, Repositories repositories, ServerQuestions servers,
      SharedPlaces places, TransactionTemplate transaction) {
    this.rows = rows;
    this.repositories = repositories;
    this.servers = servers;
    this.places = places;
    this.transaction = transaction;
  }

  private record Known(BackupSource source, Reach reach) {}

  /**
   * What lies in a directory, directories first.
   *
   * @param path as it is written, relative to the site's home; empty for that
   * @param after what the answer before called next
   * @throws BackupNotFound the site has none by that id, or is not this tenant's
   * @throws BackupRefused the path is none, or the backup has no such directory
   * @throws io.chom.servers.ServerNotReached there was no answer in time
   * @throws QuestionRefused where the backup lies, it cannot be read
   */
  public BackupListing files(SiteId site, BackupId backup, String path, @Nullable String after) {
    if (!path.isEmpty()) {
      RestoreScope.requirePath(path);
    }
    return ask(site, backup, after, path.isEmpty() ? Map.of("what", "files") : Map.of("what", "files", "path", path));
  }

  /** Its databases, by name; fails as {@link #files}. */
  public BackupListing databases(SiteId site, BackupId backup) {
    return ask(site, backup, null, Map.of("what", "databases"));
  }

  /** The tables of one database, by name; fails as {@link #files}. */
  public BackupListing tables(SiteId site, BackupId backup, String database, @Nullable String after) {
    var known = known(site, backup, database);
    return ask(known, backup, after, Map.of("what", "tables", "database", database));
  }

  private BackupListing ask(SiteId site, BackupId backup, @Nullable String after, Map<String, Object> what) {
    return ask(known(site, backup, null), backup, after, what);
  }

  private BackupListing ask(Known known, BackupId backup, @Nullable String after, Map<String, Object> what) {
    var arguments = new HashMap<>(known.reach().arguments());
    arguments.putAll(what);
    arguments.put("user", known.source().unixUser());
    arguments.put("backup", backup.toString());
    arguments.put("manifest", Objects.requireNonNull(known.source().manifest()));
    if (after != null && !after.isEmpty()) {
      RestoreScope.requireName(after, "after");
      arguments.put("after", after);
    }
    try {
      return listing(places.asked(known.reach(), () -> servers.ask(new ServerId(known.source().server()),
          new AgentCommand("backup:browse", arguments, known.reach().secrets()), LIMIT)));
    } catch (QuestionRefused e) {
      if (e.code().equals("BACKUP_NOT_FOUND")) {
        throw new BackupRefused(BackupRefused.Reason.NOT_IN_BACKUP, "path");
      }
      throw e;
    }
  }

  private Known known(SiteId site, BackupId backup, @Nullable String database) {
    return Objects.requireNonNull(transaction.execute(status -> {
      var view = rows.find(backup)
          .filter(one -> one.site().equals(site) && one.status() == BackupStatus.COMPLETED)
          .orElseThrow(() -> new BackupNotFound(backup));
      if (database != null && !view.databases().contains(database)) {
        throw new BackupRefused(BackupRefused.Reason.NOT_IN_BACKUP, "database");
      }
      var source = rows.source(backup);
      return new Known(source, repositories.reach(source.repository()));
    }));
  }

  private static BackupListing listing(JsonNode answer) {
    return new BackupListing(answer.path("entries").valueStream().map(BackupContents::entry).toList(),
        answer.path("next").asString(null));
  }

  private static BackupListing.Entry entry(JsonNode one) {
    var name = one.path("name").asString("");
    return new BackupListing.Entry(name, WrittenName.shown(name), one.path("type").asString(""),
        one.path("size").asLong(0), one.path("files").asLong(0), time(one.path("mtime").asString("")),
        one.path("tables").asLong(0), one.path("rows").asLong(0));
  }

  private static @Nullable Instant time(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException _) {
      return null;
    }
  }
}
