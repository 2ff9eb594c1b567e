package io.chom.backups;

import io.chom.backups.TargetRefused.Reason;
import io.chom.servers.ServerId;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A place for backups as somebody wants it.
 *
 * @param location where it is, as its kind has it; empty for one on a server of the panel's
 * @param login of REST and S3 (there the access key), {@code password} what goes with it; null for none
 * @param region of S3, where the place asks for it
 * @param authorities certificates in PEM that are believed instead of the system's
 * @param uploadKbps how many KiB a second may go there, {@code downloadKbps} come from there; null for any number
 * @param server of kind SERVER: the one that keeps it
 */
public record NewTarget(String name, TargetKind kind, String location, @Nullable String login,
    @Nullable String password, @Nullable String region, @Nullable String authorities, @Nullable Integer uploadKbps,
    @Nullable Integer downloadKbps, @Nullable ServerId server) {
  private static final int LONGEST_NAME = 64;
  private static final int LONGEST_SECRET = 200;
  private static final int LARGEST_AUTHORITIES = 12 * 1024;
  private static final int SLOWEST = 64;
  private static final int FASTEST = 10_000_000;
  private static final Pattern REGION = Pattern.compile("[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?");
  private static final Pattern PEM = Pattern.compile("(?:-----BEGIN CERTIFICATE-----\\s[A-Za-z0-9+/=\\s]+"
      + "-----END CERTIFICATE-----\\s*)+");

  public NewTarget {
    name = name.strip();
    location = location.strip();
    login = empty(login);
    password = empty(password);
    region = empty(region);
    authorities = empty(authorities);
  }

  @Override
  public String toString() {
    return kind + " " + name;
  }

  /** @throws TargetRefused something cannot be, whatever is there */
  void require() {
    requireName(name);
    requireLimit(uploadKbps, "uploadKbps");
    requireLimit(downloadKbps, "downloadKbps");
    if (region != null && (kind != TargetKind.S3 || !REGION.matcher(region).matches())) {
      throw new TargetRefused(Reason.TARGET_REGION_INVALID, "region");
    }
    boolean web = kind == TargetKind.REST || kind == TargetKind.S3;
    if (authorities != null
        && (!web || authorities.length() > LARGEST_AUTHORITIES || !PEM.matcher(authorities).matches())) {
      throw new TargetRefused(Reason.TARGET_AUTHORITIES_INVALID, "authorities");
    }
    requireCredentials(kind, login, password);
    if (kind == TargetKind.SERVER && server == null) {
      throw new TargetRefused(Reason.NO_SERVER_TO_ASK, "on");
    }
  }

  static void requireName(String name) {
    if (name.isBlank() || name.length() > LONGEST_NAME || hasControls(name)) {
      throw new TargetRefused(Reason.TARGET_NAME_INVALID, "name");
    }
  }

  static void requireLimit(@Nullable Integer limit, String field) {
    if (limit != null && (limit < SLOWEST || limit > FASTEST)) {
      throw new TargetRefused(Reason.TARGET_LIMIT_INVALID, field);
    }
  }

  /** S3 has both parts, REST both or none, and the others none. */
  static void requireCredentials(TargetKind kind, @Nullable String login, @Nullable String password) {
    boolean good = switch (kind) {
      case S3 -> login != null && password != null;
      case REST -> (login == null) == (password == null);
      case LOCAL, SFTP, SERVER -> login == null && password == null;
    };
    if (!good || !sendable(login) || !sendable(password) || login != null && login.contains(":")) {
      throw new TargetRefused(Reason.TARGET_CREDENTIALS_INVALID, "password");
    }
  }

  /** Under the names by which the agent knows them. */
  static Map<String, String> secrets(TargetKind kind, @Nullable String login, @Nullable String password) {
    if (login == null || password == null) {
      return Map.of();
    }
    return kind == TargetKind.S3
        ? Map.of("s3_key", login, "s3_secret", password)
        : Map.of("rest_user", login, "rest_password", password);
  }

  private static boolean sendable(@Nullable String secret) {
    return secret == null
        || secret.length() <= LONGEST_SECRET && !hasControls(secret) && secret.strip().equals(secret);
  }

  private static boolean hasControls(String text) {
    return text.chars().anyMatch(Character::isISOControl);
  }

  private static @Nullable String empty(@Nullable String text) {
    return text == null || text.isBlank() ? null : text;
  }
}
