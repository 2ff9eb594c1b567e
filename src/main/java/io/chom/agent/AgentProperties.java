package io.chom.agent;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How CHOM speaks to agents.
 *
 * @param connectTimeout how long reaching an agent may take, from the first packet to its hello
 * @param sendTimeout how long a request may wait for its turn on the channel
 * @param quiet how long a channel may be silent below a request before the agent is asked whether it lives
 * @param pingTimeout how long it may take to answer that
 * @param backOff the pause after a channel that ended soon; it doubles with each further one
 * @param maxBackOff the longest such pause
 * @param maxRequest longest request, in bytes
 * @param maxAnswer longest answer that is put together from parts, in characters
 * @param backlog events of one operation that may wait for its listener; more are read again from the journal later
 */
@Validated
@ConfigurationProperties("chom.agent")
record AgentProperties(@DefaultValue("25s") Duration connectTimeout, @DefaultValue("5s") Duration sendTimeout,
    @DefaultValue("30s") Duration quiet, @DefaultValue("10s") Duration pingTimeout,
    @DefaultValue("250ms") Duration backOff, @DefaultValue("30s") Duration maxBackOff,
    @DefaultValue("32768") @Min(1024) @Max(65_536) int maxRequest,
    @DefaultValue("8388608") @Min(65_536) int maxAnswer, @DefaultValue("4096") @Min(16) int backlog) {}
