package io.chom.servers;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What differed when a server was last compared with the panel's tables.
 *
 * @param at when that was; null if it never was
 * @param fault why the last comparison did not work; null if it did. The differences are then those of the one before.
 */
public record DriftReport(List<Difference> differences, @Nullable Instant at, @Nullable FailingLayer fault) {}
