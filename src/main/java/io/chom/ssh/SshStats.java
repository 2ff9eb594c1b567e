package io.chom.ssh;

/**
 * The pool at this moment.
 *
 * @param open connections that are up
 * @param idle of these, how many carry no channel
 * @param connecting logins under way
 * @param channels commands and line channels under way
 * @param waiting callers waiting for a place
 * @param logins successful logins so far
 * @param killed connections the watchdog closed so far
 */
public record SshStats(int open, int idle, int connecting, int channels, int waiting, long logins, long killed) {}
