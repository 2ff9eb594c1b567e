package io.chom.servers;

import java.time.Instant;

/**
 * A panel whose own network is bad: what it does not reach is not called unreachable.
 *
 * @param host the machine it runs on
 * @param unreached how many of the servers it looks after it did not reach lately
 * @param watched how many that are
 */
public record CutOff(String host, Instant since, int unreached, int watched) {}
