package io.chom.backups;

import io.chom.backups.TargetRefused.Reason;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a place is, taken apart and put together again: what a person typed goes nowhere as it was typed.
 *
 * @param location as the agent names it, without what is a site's own
 * @param host a name or an address; an IPv6 one without brackets
 * @param encrypted whether nobody on the way can read it
 */
record TargetAddress(String location, String host, boolean encrypted) {
  private static final int LONGEST = 300;
  private static final int HIGHEST_PORT = 65_535;
  private static final String NAME = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*";
  private static final String HOST = "(?<host>" + NAME + "|\\[[0-9a-f:.]{2,45}\\])(?::(?<port>[^/@]*))?";
  private static final String PATH = "(?<path>(?:/[A-Za-z0-9._-]+)*)/?";
  /** With two slashes after the host a directory is meant from the root on, with one from where the login begins. */
  private static final Pattern SFTP = Pattern
      .compile("sftp://(?<login>[A-Za-z0-9_][A-Za-z0-9._-]{0,63})@" + HOST + "(?<root>/(?=/))?" + PATH);
  private static final Pattern WEB = Pattern.compile("(?<scheme>https?)://" + HOST + PATH);
  private static final Pattern BUCKET = Pattern.compile("/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/.*)?");
  private static final Pattern DIRECTORY = Pattern.compile("(?:/[A-Za-z0-9._-]+)+");
  private static final Pattern UPWARDS = Pattern.compile("(?:^|/)\\.\\.?(?:/|$)");

  /** @throws TargetRefused it is not written as a place of this kind */
  static TargetAddress parse(TargetKind kind, String typed) {
    var text = typed.strip();
    if (text.length() > LONGEST) {
      throw invalid();
    }
    return switch (kind) {
      case LOCAL -> local(text);
      case SFTP -> sftp(text);
      case REST, S3 -> web(kind, text);
      case SERVER -> throw invalid();
    };
  }

  private static TargetAddress local(String text) {
    if (!DIRECTORY.matcher(text).matches() || UPWARDS.matcher(text).find()) {
      throw invalid();
    }
    return new TargetAddress(text, "", true);
  }

  private static TargetAddress sftp(String text) {
    if (text.matches("(?i)sftp://[^/@]*:[^/@]*@.*")) {
      throw new TargetRefused(Reason.TARGET_LOCATION_WITH_LOGIN, "location");
    }
    // names of hosts are of either case, those of logins and directories are not
    int at = text.indexOf('@');
    int path = text.indexOf('/', Math.max(at, 0));
    int end = path < 0 ? text.length() : path;
    var parts = SFTP.matcher(at < 0
        ? text
        : text.substring(0, at) + text.substring(at, end).toLowerCase(Locale.ROOT) + text.substring(end));
    if (!parts.matches() || parts.group("path").isEmpty() || UPWARDS.matcher(parts.group("path")).find()) {
      throw invalid();
    }
    var root = Objects.requireNonNullElse(parts.group("root"), "");
    return new TargetAddress("sftp://" + parts.group("login") + "@" + authority(parts) + root + parts.group("path"),
        host(parts), true);
  }

  private static TargetAddress web(TargetKind kind, String typed) {
    var text = typed.startsWith(kind.word() + ":") ? typed.substring(kind.word().length() + 1) : typed;
    if (text.matches("(?i)https?://[^/]*@.*")) {
      throw new TargetRefused(Reason.TARGET_LOCATION_WITH_LOGIN, "location");
    }
    int path = text.indexOf('/', Math.max(0, text.indexOf("://") + 3));
    int end = path < 0 ? text.length() : path;
    var parts = WEB.matcher(text.substring(0, end).toLowerCase(Locale.ROOT) + text.substring(end));
    if (!parts.matches() || UPWARDS.matcher(parts.group("path")).find()
        || kind == TargetKind.S3 && !BUCKET.matcher(parts.group("path")).matches()) {
      throw invalid();
    }
    return new TargetAddress(kind.word() + ":" + parts.group("scheme") + "://" + authority(parts)
        + parts.group("path"), host(parts), parts.group("scheme").equals("https"));
  }

  private static String authority(Matcher parts) {
    var port = parts.group("port");
    if (port == null) {
      return parts.group("host");
    }
    if (!port.matches("[1-9][0-9]{0,4}") || Integer.parseInt(port) > HIGHEST_PORT) {
      throw new TargetRefused(Reason.TARGET_PORT_INVALID, "location");
    }
    return parts.group("host") + ":" + port;
  }

  private static String host(Matcher parts) {
    return parts.group("host").replaceAll("[\\[\\]]", "");
  }

  private static TargetRefused invalid() {
    return new TargetRefused(Reason.TARGET_LOCATION_INVALID, "location");
  }
}
