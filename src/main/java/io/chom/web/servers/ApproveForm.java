package io.chom.web.servers;

import io.chom.servers.EnrolmentLogin;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The approval of a fingerprint, and the login that is used once. Prints nothing secret. */
public record ApproveForm(boolean approved, @Nullable String fingerprint, @Nullable String login,
    @Nullable String password, @Nullable String privateKey, @Nullable String passphrase,
    @Nullable String sudoPassword, @Nullable String name) {

  static ApproveForm empty(String name) {
    return new ApproveForm(false, null, "root", null, null, null, null, name);
  }

  public boolean withKey() {
    return privateKey != null && !privateKey.isBlank();
  }

  String comparedFingerprint() {
    return Objects.requireNonNullElse(fingerprint, "");
  }

  String serverName() {
    return Objects.requireNonNullElse(name, "").strip();
  }

  /** @throws io.chom.servers.EnrolmentRefused what was typed cannot be a login */
  EnrolmentLogin toLogin() {
    // browsers send the lines of a text area with a carriage return, which a key must not have
    String key = withKey() ? Objects.requireNonNull(privateKey).replace("\r\n", "\n").strip() + "\n" : null;
    return new EnrolmentLogin(Objects.requireNonNullElse(login, ""), password, key, passphrase, sudoPassword);
  }

  @Override
  public String toString() {
    return "ApproveForm[" + login + "]";
  }
}
