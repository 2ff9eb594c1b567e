package io.chom.ssh;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One login's connections at this moment, in this process.
 *
 * @param keyId which key logs in, or null where a password does
 * @param connections that are up
 * @param most connections it may have
 * @param channels commands and line channels under way
 * @param places channels these connections carry at most; fewer than configured where the server has refused some
 * @param waiting callers waiting for a place
 * @param circuit whether the server is worth trying
 * @param faults tries in a row that failed on the way
 * @param untilNextTry how long nobody tries after a failure
 * @param heard when the last byte came from there; null if none ever did
 * @param lastFault the last thing that went wrong, also if it is over
 */
public record SshServerStats(String host, int port, String user, @Nullable String keyId, int connections, int most,
    int channels, int places, int waiting, SshCircuit circuit, int faults, Duration untilNextTry,
    @Nullable Instant heard, @Nullable SshFault lastFault) {}
