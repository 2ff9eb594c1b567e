package io.chom.ssh;

/** Whether a server is worth trying. */
public enum SshCircuit {
  /** It is tried whenever somebody needs it. */
  CLOSED,
  /** Too many tries in a row failed on the way: nobody tries for a while, callers are told the last failure at once. */
  OPEN,
  /** That while is over: one caller may try, and decides for all. */
  HALF_OPEN
}
