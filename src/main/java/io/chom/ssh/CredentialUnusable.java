package io.chom.ssh;

import org.jspecify.annotations.Nullable;

/** The key at hand cannot be used, whatever the server says. */
public final class CredentialUnusable extends SshException {

  /** What is wrong with it. */
  public enum Problem {
    NOT_A_PRIVATE_KEY, PASSPHRASE_MISSING, PASSPHRASE_WRONG
  }

  private final String keyId;
  private final Problem problem;

  public CredentialUnusable(String keyId, Problem problem, @Nullable Throwable cause) {
    super(switch (problem) {
      case NOT_A_PRIVATE_KEY -> "Key " + keyId + " is not a private key CHOM can read. Paste the whole file, from"
          + " -----BEGIN to -----END.";
      case PASSPHRASE_MISSING -> "Key " + keyId + " is encrypted. Give its passphrase.";
      case PASSPHRASE_WRONG -> "The passphrase does not open key " + keyId + ".";
    }, cause);
    this.keyId = keyId;
    this.problem = problem;
  }

  public String keyId() {
    return keyId;
  }

  public Problem problem() {
    return problem;
  }

  @Override
  public boolean retryable() {
    return false;
  }

  @Override
  public boolean nothingRan() {
    return true;
  }

  @Override
  public String code() {
    return "KEY_" + problem;
  }

  @Override
  SshException forAnotherCaller() {
    return new CredentialUnusable(keyId, problem, this);
  }
}
