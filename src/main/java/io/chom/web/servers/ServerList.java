package io.chom.web.servers;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The fleet.
 *
 * @param former those that left it
 * @param notices what keeps parts of it from working, and what to do
 * @param cutOff panels whose own network is bad
 * @param upgradeHref null while every agent is the newest
 */
public record ServerList(List<ServerRow> rows, List<ServerRow> former, List<String> notices, List<String> cutOff,
    @Nullable String upgradeHref) {}
