package io.chom.backups;

import io.chom.backups.BackupRefused.Reason;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What of a backup is to be brought back.
 *
 * @param database the one database, where only that is wanted; null for all that the part means
 * @param paths single files and directories, as {@link BackupContents} names them; empty for all
 * @param tables single tables of the one database; empty for all
 * @param adapt whether the settings of another site's files get this site's database and address
 */
public record RestoreScope(BackupType part, @Nullable String database, List<String> paths, List<String> tables,
    boolean adapt) {
  /** As many as one restore takes. */
  public static final int MOST = 100;

  /** All of them together; an agent takes no longer requests. */
  private static final int LENGTH = 16_000;

  private static final int LONGEST = 4_096;
  private static final Pattern LEADS_AWAY = Pattern.compile("//|/\\.{1,2}/");

  public RestoreScope {
    paths = paths.stream().distinct().sorted().toList();
    tables = tables.stream().distinct().sorted().toList();
  }

  /** A whole part, or one database of it. */
  public static RestoreScope of(BackupType part, @Nullable String database) {
    return new RestoreScope(part, database, List.of(), List.of(), false);
  }

  /** As an operation carries it. */
  static RestoreScope of(JsonNode payload) {
    return new RestoreScope(BackupType.of(payload.path("what").asString(""), "what"),
        payload.path("database").asString(null), texts(payload.path("paths")), texts(payload.path("tables")),
        payload.path("adapt").asBoolean(false));
  }

  private static List<String> texts(JsonNode list) {
    return list.valueStream().map(JsonNode::asString).toList();
  }

  /** As the agent is told. */
  Map<String, Object> arguments() {
    var arguments = new HashMap<String, Object>(Map.of("what", part.word()));
    if (database != null) {
      arguments.put("database", database);
    }
    if (!paths.isEmpty()) {
      arguments.put("paths", paths);
    }
    if (!tables.isEmpty()) {
      arguments.put("tables", tables);
    }
    if (adapt) {
      arguments.put("adapt", true);
    }
    return arguments;
  }

  /** Whether only single files or tables are wanted, and all else stays. */
  public boolean single() {
    return !paths.isEmpty() || !tables.isEmpty();
  }

  /** A name as a person knows it, where that is safe to read; else as it is written. */
  public static String shown(String written) {
    return WrittenName.shown(written);
  }

  /** The names of the databases that come. */
  List<String> databases(BackupView backup) {
    return switch (part) {
      case FILES -> List.of();
      case FULL -> backup.databases();
      case DATABASE -> database == null ? backup.databases() : List.of(database);
    };
  }

  /**
   * Refuses what a backup does not hold, or what cannot be asked for.
   *
   * @param elsewhere whether it comes into another site than the backup's
   * @throws BackupRefused with what is wrong with it
   */
  public void requireHeldBy(BackupView backup, boolean elsewhere) {
    if (!backup.parts().contains(part)) {
      throw new BackupRefused(Reason.NOT_IN_BACKUP, "what");
    }
    if (database != null && (part != BackupType.DATABASE || !backup.databases().contains(database))) {
      throw new BackupRefused(Reason.NOT_IN_BACKUP, "database");
    }
    if (!paths.isEmpty() && part != BackupType.FILES) {
      throw new BackupRefused(Reason.NOT_IN_BACKUP, "paths");
    }
    if (!tables.isEmpty() && database == null) {
      throw new BackupRefused(Reason.NOT_IN_BACKUP, "tables");
    }
    if (adapt && (!elsewhere || single())) {
      throw new BackupRefused(Reason.NOTHING_TO_ADAPT, "adapt");
    }
    requireNames(paths, "paths");
    requireNames(tables, "tables");
    paths.forEach(RestoreScope::requirePath);
  }

  static void requirePath(String path) {
    requireName(path, "paths");
    if (LEADS_AWAY.matcher("/" + path + "/").find()) {
      throw new BackupRefused(Reason.NAME_NOT_WRITTEN_SO, "paths");
    }
  }

  static void requireName(String name, String field) {
    if (name.isEmpty() || name.length() > LONGEST || !isWritten(name)) {
      throw new BackupRefused(Reason.NAME_NOT_WRITTEN_SO, field);
    }
  }

  /** As a manifest writes names: exactly what is not printable ASCII, and the percent sign, in hexadecimal. */
  private static boolean isWritten(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c < ' ' || c > '~') {
        return false;
      }
      if (c == '%') {
        int value = i + 2 < name.length() ? hex(name.charAt(i + 1)) << 4 | hex(name.charAt(i + 2)) : -1;
        if (value <= 0 || value >= ' ' && value <= '~' && value != '%') {
          return false;
        }
        i += 2;
      }
    }
    return true;
  }

  private static int hex(char c) {
    return "0123456789ABCDEF".indexOf(c);
  }

  private static void requireNames(List<String> names, String field) {
    if (names.size() > MOST || names.stream().mapToInt(String::length).sum() > LENGTH) {
      throw new BackupRefused(Reason.TOO_MUCH_CHOSEN, field);
    }
    names.forEach(name -> requireName(name, field));
  }
}
