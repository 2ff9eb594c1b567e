package io.chom.ssh;

/**
 * The pool of this process at this moment.
 *
 * @param open connections that are up
 * @param idle of these, how many carry no channel
 * @param most connections it may have
 * @param connecting logins under way
 * @param channels commands and line channels under way
 * @param waiting callers waiting for a place
 * @param circuitsOpen servers that nobody tries for a while
 * @param circuitsHalfOpen servers of which one caller may find out whether they are back
 * @param logins successful logins so far
 * @param failedLogins others so far
 * @param killed connections the watchdog closed so far
 * @param evicted idle connections that made way for others so far
 */
public record SshStats(int open, int idle, int most, int connecting, int channels, int waiting, int circuitsOpen,
    int circuitsHalfOpen, long logins, long failedLogins, long killed, long evicted) {

  public int busy() {
    return open - idle;
  }
}
