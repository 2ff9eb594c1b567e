package io.chom.web.servers;

import org.jspecify.annotations.Nullable;

/** The approval of a fingerprint, and the login that is used once. Prints nothing secret. */
public record ApproveForm(boolean approved, @Nullable String fingerprint, @Nullable String login,
    @Nullable String password, @Nullable String privateKey, @Nullable String passphrase,
    @Nullable String sudoPassword, @Nullable String name) {

  public boolean withKey() {
    return privateKey != null && !privateKey.isBlank();
  }

  @Override
  public String toString() {
    return "ApproveForm[" + login + "]";
  }
}
