package io.chom.accounts;

import io.chom.accounts.AccountRefused.Reason;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.security.crypto.argon2.Argon2PasswordEncoder;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.stereotype.Component;

/** Hashes passwords with Argon2id (RFC 9106), and compares them in a time that tells nothing. */
@Component
class Passwords {
  static final int MIN_CHARACTERS = 12;
  static final int MAX_BYTES = 128;

  // 19 MiB and two passes: the least that OWASP's password storage cheat sheet calls sound
  private final PasswordEncoder encoder = new Argon2PasswordEncoder(16, 32, 1, 19 * 1024, 2);
  /** What a password for nobody is compared with, so that nobody takes as long as somebody. */
  private final String nobodysHash = encoder.encode("nobody has this password");
  // each takes 19 MiB and a core for a while: more at once would only be slower
  private final Semaphore turns = new Semaphore(Math.max(2, Runtime.getRuntime().availableProcessors()), true);

  String hash(String password, String email) {
    check(password, email);
    return inTurn(() -> encoder.encode(password));
  }

  /** Does the same work whether there is a hash to compare with or not. */
  boolean matches(String password, @Nullable String hash) {
    boolean usable = hash != null && bytes(password) <= MAX_BYTES;
    String compared = bytes(password) <= MAX_BYTES ? password : "";
    boolean same = inTurn(() -> encoder.matches(compared, hash == null ? nobodysHash : hash));
    return usable && same;
  }

  /** Whether the hash was made with weaker settings than today's. */
  boolean outdated(String hash) {
    return encoder.upgradeEncoding(hash);
  }

  String rehash(String password) {
    return inTurn(() -> encoder.encode(password));
  }

  static void check(String password, String email) {
    if (password.codePointCount(0, password.length()) < MIN_CHARACTERS) {
      throw new AccountRefused(Reason.PASSWORD_TOO_SHORT, "password");
    }
    if (bytes(password) > MAX_BYTES) {
      throw new AccountRefused(Reason.PASSWORD_TOO_LONG, "password");
    }
    if (password.equalsIgnoreCase(email)) {
      throw new AccountRefused(Reason.PASSWORD_IS_EMAIL, "password");
    }
  }

  private static int bytes(String password) {
    return password.getBytes(StandardCharsets.UTF_8).length;
  }

  private <T> T inTurn(Supplier<T> work) {
    turns.acquireUninterruptibly();
    try {
      return work.get();
    } finally {
      turns.release();
    }
  }
}
