package io.chom.servers;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * This process's connections to all servers, as measured at one moment.
 *
 * @param at that moment
 * @param since from when on what only grows is counted
 * @param open connections that are up
 * @param idle of these, how many carry no channel
 * @param most connections it may have
 * @param connecting logins under way
 * @param channels in use
 * @param waiting callers for whom no channel is free
 * @param givenUp servers that nobody tries for a while
 * @param logins successful ones
 * @param failedLogins others
 * @param killed connections the watchdog closed
 * @param evicted idle connections that made way for others
 * @param median half of the agents' answers took no longer; null if there was none in the last minutes
 * @param p95 nineteen of twenty took no longer
 * @param window how far back these two look
 */
public record PoolView(Instant at, Instant since, int open, int idle, int most, int connecting, int channels,
    int waiting, int givenUp, long logins, long failedLogins, long killed, long evicted, @Nullable Duration median,
    @Nullable Duration p95, Duration window) {}
