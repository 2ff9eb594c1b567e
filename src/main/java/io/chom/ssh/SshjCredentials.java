package io.chom.ssh;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Locale;
import net.schmizz.sshj.SSHClient;
import net.schmizz.sshj.userauth.keyprovider.KeyProvider;
import net.schmizz.sshj.userauth.method.AuthKeyboardInteractive;
import net.schmizz.sshj.userauth.method.AuthMethod;
import net.schmizz.sshj.userauth.method.AuthPassword;
import net.schmizz.sshj.userauth.method.AuthPublickey;
import net.schmizz.sshj.userauth.method.PasswordResponseProvider;
import net.schmizz.sshj.userauth.password.PasswordFinder;
import net.schmizz.sshj.userauth.password.Resource;
import org.jspecify.annotations.Nullable;

/** Turns a credential into what sshj logs in with; a bad key is found here, before any server is asked. */
final class SshjCredentials {

  private SshjCredentials() {}

  static List<AuthMethod> methods(SSHClient client, SshCredential credential) {
    return switch (credential) {
      case SshCredential.Key key -> List.of(new AuthPublickey(open(client, key)));
      case SshCredential.Password password -> {
        var once = new Once(password.value());
        yield List.of(new AuthPassword(once), new AuthKeyboardInteractive(new PasswordResponseProvider(once)));
      }
    };
  }

  private static KeyProvider open(SSHClient client, SshCredential.Key key) {
    var asked = new Once(key.passphrase());
    try {
      var provider = client.loadKeys(key.privateKey().strip() + "\n", null, asked);
      // sshj reads the key only when asked for it
      provider.getPublic();
      provider.getPrivate();
      return provider;
    } catch (IOException | RuntimeException e) {
      throw new CredentialUnusable(key.id(), problem(key, asked, e), e);
    }
  }

  private static CredentialUnusable.Problem problem(SshCredential.Key key, Once asked, Exception e) {
    if (asked.wasAsked() || aboutEncryption(e)) {
      return key.passphrase() == null
          ? CredentialUnusable.Problem.PASSPHRASE_MISSING
          : CredentialUnusable.Problem.PASSPHRASE_WRONG;
    }
    return CredentialUnusable.Problem.NOT_A_PRIVATE_KEY;
  }

  private static boolean aboutEncryption(Throwable e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      var text = String.valueOf(t.getMessage()).toLowerCase(Locale.ROOT);
      if (t instanceof GeneralSecurityException || text.contains("passphrase") || text.contains("password")
          || text.contains("decrypt")) {
        return true;
      }
    }
    return false;
  }

  /** Gives the secret, and remembers having been asked for it. */
  private static final class Once implements PasswordFinder {
    private final @Nullable String secret;
    private volatile boolean asked;

    Once(@Nullable String secret) {
      this.secret = secret;
    }

    boolean wasAsked() {
      return asked;
    }

    @Override
    public char[] reqPassword(Resource<?> resource) {
      asked = true;
      return secret == null ? new char[0] : secret.toCharArray();
    }

    @Override
    public boolean shouldRetry(Resource<?> resource) {
      return false;
    }
  }
}
