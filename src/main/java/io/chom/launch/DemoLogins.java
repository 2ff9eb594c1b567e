package io.chom.launch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.sshd.common.AttributeRepository.AttributeKey;
import org.apache.sshd.common.config.keys.AuthorizedKeyEntry;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntryResolver;
import org.apache.sshd.server.auth.password.PasswordAuthenticator;
import org.apache.sshd.server.auth.pubkey.PublickeyAuthenticator;
import org.apache.sshd.server.session.ServerSession;
import org.jspecify.annotations.Nullable;

/** Who comes into the demo server: enrolment once, by a password; then only keys that are tied to one command. */
final class DemoLogins implements PasswordAuthenticator, PublickeyAuthenticator {
  private static final AttributeKey<String> FORCED_COMMAND = new AttributeKey<>();
  private static final AttributeKey<Boolean> ENROLS = new AttributeKey<>();

  private final Path authorizedKeys;
  private final AtomicReference<@Nullable String> password = new AtomicReference<>();

  DemoLogins(Path authorizedKeys) {
    this.authorizedKeys = authorizedKeys;
  }

  /** A password for the next login; the one before it is void. */
  String issuePassword() {
    byte[] bytes = new byte[24];
    new SecureRandom().nextBytes(bytes);
    String fresh = HexFormat.of().formatHex(bytes);
    password.set(fresh);
    return fresh;
  }

  @Override
  public boolean authenticate(String user, String offered, ServerSession session) {
    String wanted = password.get();
    if (wanted == null || !MessageDigest.isEqual(wanted.getBytes(StandardCharsets.UTF_8),
        offered.getBytes(StandardCharsets.UTF_8)) || !password.compareAndSet(wanted, null)) {
      return false;
    }
    session.removeAttribute(FORCED_COMMAND);
    session.setAttribute(ENROLS, true);
    return true;
  }

  @Override
  public boolean authenticate(String user, PublicKey offered, ServerSession session) {
    session.removeAttribute(ENROLS);
    session.removeAttribute(FORCED_COMMAND);
    Optional<String> command = forcedCommand(offered);
    command.ifPresent(forced -> session.setAttribute(FORCED_COMMAND, forced));
    return command.isPresent();
  }

  // a key without a forced command is nobody's here
  private Optional<String> forcedCommand(PublicKey offered) {
    try {
      List<AuthorizedKeyEntry> entries = Files.exists(authorizedKeys)
          ? AuthorizedKeyEntry.readAuthorizedKeys(authorizedKeys)
          : List.of();
      for (AuthorizedKeyEntry entry : entries) {
        PublicKey known = entry.resolvePublicKey(null, PublicKeyEntryResolver.IGNORING);
        if (known != null && KeyUtils.compareKeys(known, offered)) {
          return Optional.ofNullable(entry.getLoginOptions().get("command"));
        }
      }
    } catch (IOException | GeneralSecurityException | IllegalArgumentException _) {
      // a list that cannot be read lets nobody in
    }
    return Optional.empty();
  }

  /** @param original what the client asked for, where something else runs instead */
  record Permitted(String line, @Nullable String original) {}

  /** What to run for this session: its forced command, or during enrolment what it asks for. */
  static Optional<Permitted> permitted(ServerSession session, String asked) {
    if (Boolean.TRUE.equals(session.getAttribute(ENROLS))) {
      return Optional.of(new Permitted(asked, null));
    }
    return Optional.ofNullable(session.getAttribute(FORCED_COMMAND)).map(forced -> new Permitted(forced, asked));
  }
}
