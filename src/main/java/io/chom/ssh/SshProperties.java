package io.chom.ssh;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How CHOM reaches servers.
 *
 * @param connectTimeout how long name look-up, TCP connection and key exchange may take together
 * @param authTimeout how long logging in may take after that
 * @param openTimeout how long a server may take to open a channel, and to accept a command on it
 * @param commandTimeout how long a command may take where its caller says nothing
 * @param keepAlive how often a quiet connection is asked whether it lives; silent three times as long, it is dead
 * @param stuckWrite how long a writer may be stuck before its connection is closed
 * @param idle how long a connection without channels is kept
 * @param channelsPerConnection commands at a time on one connection; at most half of the server's MaxSessions, because
 *     sshd counts a session until it has handled its end
 * @param connectionsPerServer connections to one server
 * @param maxConnections connections of this node; beyond them idle ones make way, then callers wait
 * @param maxConnecting logins at a time, 0 for twice the processors
 * @param backOff the pause after a first failed login; it doubles with each further one
 * @param maxBackOff the longest pause
 * @param breakerFaults failed tries in a row, faults on the way only, after which nobody tries a server for a while
 * @param breakerOpen how long at first; it doubles with each try that fails after that
 * @param openAhead keep one channel open ahead, which saves a round trip for the next command
 * @param maxStdout bytes of a command's output that are kept
 * @param maxStderr bytes of a command's diagnostics that are kept
 * @param maxLine longest line of a line channel, in bytes
 */
@Validated
@ConfigurationProperties("chom.ssh")
record SshProperties(@DefaultValue("10s") Duration connectTimeout, @DefaultValue("10s") Duration authTimeout,
    @DefaultValue("5s") Duration openTimeout, @DefaultValue("120s") Duration commandTimeout,
    @DefaultValue("15s") Duration keepAlive, @DefaultValue("10s") Duration stuckWrite,
    @DefaultValue("300s") Duration idle, @DefaultValue("5") @Min(1) @Max(64) int channelsPerConnection,
    @DefaultValue("3") @Min(1) @Max(32) int connectionsPerServer,
    @DefaultValue("1000") @Min(1) @Max(100_000) int maxConnections, @DefaultValue("0") @Min(0) int maxConnecting,
    @DefaultValue("250ms") Duration backOff, @DefaultValue("30s") Duration maxBackOff,
    @DefaultValue("3") @Min(1) @Max(100) int breakerFaults, @DefaultValue("5s") Duration breakerOpen,
    @DefaultValue("true") boolean openAhead, @DefaultValue("1048576") @Min(1024) int maxStdout,
    @DefaultValue("262144") @Min(1024) int maxStderr, @DefaultValue("65536") @Min(1024) int maxLine) {

  int connectsAtOnce() {
    return maxConnecting > 0 ? maxConnecting : Runtime.getRuntime().availableProcessors() * 2;
  }
}
