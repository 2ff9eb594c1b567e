package io.chom.agent;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How quickly agents answered lately.
 *
 * @param median half of the answers took no longer; null if there was none
 * @param p95 nineteen of twenty took no longer; null if there was none
 * @param window how far back both look
 */
public record AgentAnswers(@Nullable Duration median, @Nullable Duration p95, Duration window) {}
