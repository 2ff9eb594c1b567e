package io.chom.backups;

import io.chom.agent.AgentCommand;
import io.chom.audit.Audit;
import io.chom.common.Actor;
import io.chom.common.UserId;
import io.chom.common.Uuid7;
import io.chom.servers.QuestionRefused;
import io.chom.servers.ServerDownloads;
import io.chom.servers.ServerId;
import io.chom.sites.SiteId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Gives the current tenant's backups to whoever may have all that is in them: by links that open for the one who made
 * them, for a while, a few times, and only with their secret.
 */
@Service
public class BackupDownloads {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int TOKEN_BYTES = 32;
  private static final int SHOWN = 20;
  private static final Duration HOUR = Duration.ofHours(1);

  private final Backups backups;
  private final BackupRows backupRows;
  private final DownloadRows rows;
  private final Repositories repositories;
  private final ServerDownloads servers;
  private final SharedPlaces places;
  private final Audit audit;
  private final TransactionTemplate transaction;
  private final DownloadsProperties properties;

  BackupDownloads(Backups backups, BackupRows backupRows, DownloadRows rows, Repositories repositories,
      ServerDownloads servers, SharedPlaces places, Audit audit, TransactionTemplate transaction,
      DownloadsProperties properties) {
    this.backups = backups;
    this.backupRows = backupRows;
    this.rows = rows;
    this.repositories = repositories;
    this.servers = servers;
    this.places = places;
    this.audit = audit;
    this.transaction = transaction;
    this.properties = properties;
  }

  /** The links of a backup that can still be opened, the newest first. */
  @Transactional(readOnly = true)
  public List<DownloadView> of(SiteId site, BackupId backup) {
    return rows.of(backups.get(site, backup).id(), SHOWN);
  }

  /**
   * Makes a link.
   *
   * @throws BackupNotFound the site has none by that id, or is not this tenant's
   * @throws BackupRefused the backup is not there, or does not hold that
   * @throws DownloadRefused too many were made lately
   */
  @Transactional
  public DownloadLink create(SiteId site, BackupId id, DownloadWish wish, Actor actor) {
    var backup = backups.get(site, id);
    if (backup.status() != BackupStatus.COMPLETED || backup.activity() == BackupActivity.REMOVING) {
      throw new BackupRefused(BackupRefused.Reason.BACKUP_NOT_READY, "backup");
    }
    wish.requireIn(backup);
    rows.lock();
    if (rows.madeSince(HOUR) >= properties.linksPerHour()) {
      throw new DownloadRefused(DownloadRefused.Reason.TOO_MANY_LINKS, "backup");
    }
    rows.forgetOld();
    var download = new DownloadId(Uuid7.next());
    var token = newToken();
    var expires = rows.insert(download, id, wish, hash(token), Objects.requireNonNull(actor.user()), actor.label(),
        properties.lifetime(), properties.uses());
    record(actor, "backup.download.link", backup, download, wish);
    return new DownloadLink(download, token, expires, properties.uses());
  }

  /**
   * A link opens nothing any more; who downloads by it is cut off within seconds.
   *
   * @throws DownloadNotFound there is none by that id that opens anything
   */
  @Transactional
  public void revoke(SiteId site, BackupId id, DownloadId download, Actor actor) {
    var backup = backups.get(site, id);
    if (!rows.revoke(id, download)) {
      throw new DownloadNotFound(download);
    }
    audit.record(actor, "backup.download.revoke", "site", site.value(), backup.domain(),
        Map.of("backup", id.toString(), "download", download.toString()));
  }

  /**
   * Begins a download; it has its first bytes in hand. Call it outside a transaction, and close what it answers.
   *
   * @param allowed asked every few seconds whether it may go on
   * @throws DownloadNotFound the link opens nothing for this person
   * @throws DownloadRefused as many as may are under way
   * @throws io.chom.servers.ServerNotReached the backup's server does not answer
   * @throws DownloadFailed the server cannot give it
   */
  public BackupDownload open(DownloadId id, String token, UserId user, Actor actor, BooleanSupplier allowed) {
    var begun = Objects.requireNonNull(transaction.execute(status -> begin(id, token, user, actor)));
    try {
      var given = places.asked(begun.reach,
          () -> servers.open(new ServerId(begun.source.server()), begun.command(), begun.use));
      return new BackupDownload(begun.backup, begun.wish, given, new BackupDownload.Watch() {
        @Override
        public boolean goesOn(long bytes) {
          return allowed.getAsBoolean()
              && Boolean.TRUE.equals(transaction.execute(status -> rows.goesOn(begun.use, bytes)));
        }

        @Override
        public void ended(boolean whole, long bytes) {
          transaction.executeWithoutResult(status -> rows.ended(begun.use, whole ? "WHOLE" : "BROKEN", bytes));
        }
      });
    } catch (RuntimeException e) {
      transaction.executeWithoutResult(status -> rows.ended(begun.use, "REFUSED", 0));
      if (e instanceof QuestionRefused refused) {
        throw refused.code().equals("BUSY")
            ? new DownloadRefused(DownloadRefused.Reason.TOO_MANY_AT_ONCE, "download")
            : new DownloadFailed(refused);
      }
      throw e;
    }
  }

  private record Begun(UUID use, BackupView backup, DownloadWish wish, BackupSource source, Reach reach) {
    AgentCommand command() {
      var arguments = new HashMap<String, Object>(reach.arguments());
      arguments.put("user", source.unixUser());
      arguments.put("backup", backup.id().toString());
      arguments.put("snapshot", Objects.requireNonNull(source.snapshot()));
      arguments.put("download", use.toString());
      arguments.put("what", wish.part().word());
      arguments.put("compress", wish.compressed());
      if (wish.path() != null) {
        arguments.put("path", wish.path());
      }
      if (wish.database() != null) {
        arguments.put("database", wish.database());
      }
      return new AgentCommand("backup:download", arguments, reach.secrets());
    }
  }

  private Begun begin(DownloadId id, String token, UserId user, Actor actor) {
    // first, so that what is counted stays so: how often it was opened, and how many are under way
    rows.lock();
    var opened = rows.openable(id, hash(token), user).orElseThrow(() -> new DownloadNotFound(id));
    var backup = backupRows.find(opened.backup()).orElseThrow(() -> new DownloadNotFound(id));
    if (rows.running() >= properties.atOnce()) {
      throw new DownloadRefused(DownloadRefused.Reason.TOO_MANY_AT_ONCE, "download");
    }
    var source = backupRows.source(backup.id());
    record(actor, "backup.download", backup, id, opened.wish());
    return new Begun(rows.use(id), backup, opened.wish(), source, repositories.reach(source.repository()));
  }

  private void record(Actor actor, String action, BackupView backup, DownloadId download, DownloadWish wish) {
    var detail = new HashMap<String, Object>(Map.of("backup", backup.id().toString(), "download", download.toString(),
        "what", wish.part().word()));
    if (wish.path() != null) {
      detail.put("path", wish.path());
    }
    if (wish.database() != null) {
      detail.put("database", wish.database());
    }
    audit.record(actor, action, "site", backup.site().value(), backup.domain(), detail);
  }

  private static String newToken() {
    var bytes = new byte[TOKEN_BYTES];
    RANDOM.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static String hash(String token) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }
}
