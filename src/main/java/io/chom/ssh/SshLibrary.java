package io.chom.ssh;

/** What the pool needs of an SSH implementation; the contract tests hold for any. */
interface SshLibrary {

  /** Connects, checks the pinned host key and logs in, within the configured limits. */
  Link connect(SshTarget target);

  /** Asks for the host key and hangs up. */
  HostKey scan(String host, int port, Deadline deadline);
}
