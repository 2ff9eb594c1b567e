package io.chom.ssh;

/** Why the pool has a connection no more. */
enum Ending {
  /** Nobody needed it for long. */
  IDLE,
  /** It was idle, and another server needed one. */
  EVICTED,
  /** The watchdog: the other side said nothing for three keep-alives. */
  SILENT,
  /** The watchdog: a writer was stuck. */
  STUCK,
  /** The other side, or the network, ended it. */
  BROKEN,
  /** It was no longer trusted, and its last channel is gone. */
  RETIRED,
  /** Somebody asked for it, or the panel stops. */
  ASKED
}
