package io.chom.servers;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Why a server is being worked on.
 *
 * @param until when the work should be done; nothing happens by itself then
 * @param by who said so
 */
public record MaintenanceNote(String reason, Instant since, @Nullable Instant until, String by) {}
