package io.chom.backups;

import io.chom.operations.Lane;
import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationType;
import io.chom.operations.Subject;
import io.chom.sites.KnownSite;
import io.chom.sites.SiteStatus;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The operations on backups, and what each carries to its handler: never a key. Their subject is the site, so that they
 * wait for its other changes and appear among them.
 */
final class BackupOperations {
  static final OperationType CREATE = new OperationType("backup.create");
  static final OperationType VERIFY = new OperationType("backup.verify");
  static final OperationType RESTORE = new OperationType("backup.restore");
  static final OperationType UNDO = new OperationType("backup.undo");
  static final OperationType DELETE = new OperationType("backup.delete");

  /** In a payload, what is for the panel alone; everything beside it are the agent's arguments. */
  static final String PANEL = "panel";
  private static final String TARGET = "target";
  private static final String ELSEWHERE = "elsewhere";

  private BackupOperations() {}

  static NewOperation create(KnownSite site, BackupId backup, BackupWish wish, BackupSource source,
      @Nullable String idempotencyKey, Lane lane) {
    var arguments = at(source);
    arguments.putAll(Map.of("backup", backup.toString(), "type", wish.type().word(), PANEL,
        Map.of("backup", backup.toString(), TARGET, named(wish.target()))));
    if (source.held()) {
      arguments.put("expect", true);
    }
    if (!wish.exclude().isEmpty()) {
      arguments.put("exclude", wish.exclude());
    }
    return wanted(CREATE, site, source, arguments, idempotencyKey, lane);
  }

  /** @param server which looks at it: the site's own, or another one */
  static NewOperation verify(KnownSite site, BackupId backup, BackupSource source, UUID server,
      @Nullable String idempotencyKey, Lane lane) {
    var arguments = of(backup, source);
    arguments.put(PANEL, Map.of("backup", backup.toString(), ELSEWHERE, !server.equals(source.server())));
    return new NewOperation(VERIFY, subject(site), server, lane, arguments, idempotencyKey);
  }

  /** Whether another server than the site's own looks at a backup. */
  static boolean elsewhere(Operation operation) {
    return operation.payload().path(PANEL).path(ELSEWHERE).asBoolean(false);
  }

  /**
   * @param site into which the backup comes; its own or another one
   * @param named the databases that get a password with it
   * @param was what the site was before; null where it is only made now
   */
  static NewOperation restore(KnownSite site, BackupId backup, BackupSource source, UUID restore, RestoreScope scope,
      List<String> named, @Nullable SiteStatus was, @Nullable String idempotencyKey) {
    var arguments = of(backup, source);
    arguments.putAll(scope.arguments());
    if (!site.unixUser().equals(source.unixUser())) {
      arguments.put("user", site.unixUser());
      arguments.put("source", source.unixUser());
    }
    arguments.put(PANEL, Map.of("backup", backup.toString(), "restore", restore.toString(), "databases", named, "was",
        (was == null ? SiteStatus.ACTIVE : was).name()));
    return new NewOperation(RESTORE, subject(site), site.server(), Lane.INTERACTIVE, arguments, idempotencyKey);
  }

  /** The databases that get a password with what comes. */
  static List<String> named(Operation operation) {
    return operation.payload().path(PANEL).path("databases").valueStream().map(JsonNode::asString).toList();
  }

  static NewOperation undo(KnownSite site, RestoreRows.Kept kept, SiteStatus was) {
    var backup = kept.view().backup().toString();
    var before = kept.previous() == null ? Map.entry("backup", backup) : Map.entry("previous", kept.previous());
    return new NewOperation(UNDO, subject(site), site.server(), Lane.INTERACTIVE,
        Map.of("user", site.unixUser(), before.getKey(), before.getValue(), PANEL,
            Map.of("backup", backup, "restore", kept.id().toString(), "was", was.name())),
        null);
  }

  static NewOperation delete(KnownSite site, BackupId backup, BackupSource source, Lane lane) {
    var arguments = at(source);
    arguments.putAll(Map.of("snapshots", List.of(Objects.requireNonNull(source.snapshot())), PANEL,
        Map.of("backup", backup.toString())));
    return wanted(DELETE, site, source, arguments, null, lane);
  }

  private static Map<String, Object> of(BackupId backup, BackupSource source) {
    var arguments = at(source);
    arguments.putAll(Map.of("backup", backup.toString(), "snapshot", Objects.requireNonNull(source.snapshot()),
        "manifest", Objects.requireNonNull(source.manifest())));
    return arguments;
  }

  private static Map<String, Object> at(BackupSource source) {
    var arguments = new HashMap<>(source.place());
    arguments.put("user", source.unixUser());
    return arguments;
  }

  private static NewOperation wanted(OperationType type, KnownSite site, BackupSource source,
      Map<String, Object> payload, @Nullable String idempotencyKey) {
    return wanted(type, site, source, payload, idempotencyKey, Lane.INTERACTIVE);
  }

  private static NewOperation wanted(OperationType type, KnownSite site, BackupSource source,
      Map<String, Object> payload, @Nullable String idempotencyKey, Lane lane) {
    return new NewOperation(type, subject(site), source.server(), lane, payload, idempotencyKey);
  }

  private static String named(@Nullable TargetId target) {
    return target == null ? "" : target.toString();
  }

  /** What was left out of a backup. */
  static List<String> exclude(Operation operation) {
    return operation.payload().path("exclude").valueStream().map(one -> one.asString("")).toList();
  }

  /** Whether a backup was asked for as it is now. */
  static boolean same(Operation before, BackupWish wish) {
    return panel(before, TARGET).equals(named(wish.target())) && exclude(before).equals(wish.exclude());
  }

  static BackupId backup(Operation operation) {
    return new BackupId(UUID.fromString(panel(operation, "backup")));
  }

  static UUID restore(Operation operation) {
    return UUID.fromString(panel(operation, "restore"));
  }

  static SiteStatus was(Operation operation) {
    return SiteStatus.valueOf(panel(operation, "was"));
  }

  private static String panel(Operation operation, String name) {
    return operation.payload().path(PANEL).path(name).asString("");
  }

  private static Subject subject(KnownSite site) {
    return new Subject("site", site.id().value(), site.domain());
  }
}
