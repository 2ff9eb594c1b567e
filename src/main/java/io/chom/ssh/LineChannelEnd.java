package io.chom.ssh;

import org.jspecify.annotations.Nullable;

/**
 * How a line channel ended.
 *
 * @param exitCode the command's, if the server reported it
 * @param stderr the last it wrote there, for people who look for the reason
 */
public record LineChannelEnd(String reason, @Nullable Integer exitCode, String stderr) {}
