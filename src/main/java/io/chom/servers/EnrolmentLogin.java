package io.chom.servers;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The login that enrols a server: used once, kept only in memory and only until then. Prints nothing secret.
 *
 * @param password null when a key is given
 * @param privateKey a private key's whole text; null when a password is given
 * @param passphrase what opens that key, if it is encrypted
 * @param sudoPassword what sudo asks for, if it is not the login's password; null if it asks for nothing
 */
public record EnrolmentLogin(String user, @Nullable String password, @Nullable String privateKey,
    @Nullable String passphrase, @Nullable String sudoPassword) {
  private static final Pattern USER = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}");
  private static final int LONGEST_SECRET = 1_024;
  private static final int LONGEST_KEY = 32_768;

  public EnrolmentLogin {
    user = user.strip();
    password = nothing(password);
    privateKey = nothing(privateKey);
    passphrase = nothing(passphrase);
    sudoPassword = nothing(sudoPassword);
    if (!USER.matcher(user).matches()) {
      throw new EnrolmentRefused("INVALID_LOGIN_USER",
          "That is no user name. Give the name you log in with on the server, such as root or debian.");
    }
    if ((password == null) == (privateKey == null)) {
      throw new EnrolmentRefused("INVALID_LOGIN", "Give either the password or a private key of the login.");
    }
    oneLine(password);
    oneLine(passphrase);
    oneLine(sudoPassword);
    if (privateKey != null && privateKey.length() > LONGEST_KEY) {
      throw new EnrolmentRefused("INVALID_LOGIN", "That is longer than any private key. Give the text of one key.");
    }
  }

  public static EnrolmentLogin withPassword(String user, String password) {
    return new EnrolmentLogin(user, password, null, null, null);
  }

  public static EnrolmentLogin withKey(String user, String privateKey) {
    return new EnrolmentLogin(user, null, privateKey, null, null);
  }

  /** What to answer if sudo asks; empty if there is nothing to answer. */
  String answerToSudo() {
    return sudoPassword != null ? sudoPassword : password != null ? password : "";
  }

  private static @Nullable String nothing(@Nullable String text) {
    return text == null || text.isEmpty() ? null : text;
  }

  private static void oneLine(@Nullable String secret) {
    if (secret != null && (secret.length() > LONGEST_SECRET || secret.chars().anyMatch(c -> c < ' ' || c == 127))) {
      throw new EnrolmentRefused("INVALID_LOGIN",
          "A password is one line without control characters, at most " + LONGEST_SECRET + " characters.");
    }
  }

  @Override
  public String toString() {
    return "EnrolmentLogin[" + user + "]";
  }
}
