package io.chom.web.backups;

import io.chom.backups.NewTarget;
import io.chom.backups.TargetKind;
import io.chom.backups.TargetRefused;
import io.chom.backups.Targets;
import io.chom.servers.ServerId;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What was typed to add a target, or to change one. What opens it is never written back into a page.
 *
 * @param on the server that keeps it, {@code server} the one that looks whether it is there
 */
public record TargetForm(@Nullable String kind, @Nullable String name, @Nullable String location,
    @Nullable String login, @Nullable String password, @Nullable String region, @Nullable String authorities,
    @Nullable String uploadKbps, @Nullable String downloadKbps, @Nullable String on, @Nullable String server) {

  static TargetForm empty(TargetKind kind) {
    return new TargetForm(kind.word(), null, null, null, null, null, null, null, null, null, null);
  }

  @Override
  public String toString() {
    return kind + " " + name;
  }

  /** @throws TargetRefused a kind, a number or a server that is none */
  NewTarget toTarget() {
    return new NewTarget(text(name), TargetKind.of(text(kind)), text(location), login, password, region, authorities,
        number(uploadKbps, "uploadKbps"), number(downloadKbps, "downloadKbps"), server(on, "on"));
  }

  @Nullable
  ServerId from() {
    return server(server, "server");
  }

  /** @throws TargetRefused a number that is none */
  Targets.Change toChange() {
    boolean another = !text(login).isEmpty() || !text(password).isEmpty();
    return new Targets.Change(text(name), new Targets.Limits(number(uploadKbps, "uploadKbps"),
        number(downloadKbps, "downloadKbps")), another ? text(login) : null, another ? password : null);
  }

  private static @Nullable Integer number(@Nullable String typed, String field) {
    if (text(typed).isEmpty()) {
      return null;
    }
    try {
      return Integer.valueOf(text(typed));
    } catch (NumberFormatException e) {
      throw new TargetRefused(TargetRefused.Reason.TARGET_LIMIT_INVALID, field);
    }
  }

  private static @Nullable ServerId server(@Nullable String sent, String field) {
    if (text(sent).isEmpty()) {
      return null;
    }
    try {
      return new ServerId(UUID.fromString(text(sent)));
    } catch (IllegalArgumentException e) {
      throw new TargetRefused(TargetRefused.Reason.NO_SERVER_TO_ASK, field);
    }
  }

  private static String text(@Nullable String typed) {
    return Objects.requireNonNullElse(typed, "").strip();
  }
}
