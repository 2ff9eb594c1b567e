package io.chom.ssh;

import java.time.Duration;

/** Speaks to servers the fleet does not know yet: outside the pool, one login at a time. */
public interface SshDirect {

  /**
   * Asks a server for its host key without logging in; of several its best one, ed25519 first.
   *
   * @throws HostUnreachable with the layer that failed
   */
  HostKey scan(String host, int port, Duration limit);

  /** Logs in afresh; the server must show the pinned key. The caller closes it. */
  SshLogin open(SshTarget target);
}
