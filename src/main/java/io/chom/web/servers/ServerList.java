package io.chom.web.servers;

import io.chom.web.support.Choice;
import io.chom.web.support.Pager;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The fleet.
 *
 * @param here its own address, to be read again
 * @param untouched whether there is no server at all
 * @param former those that left it
 * @param notices what keeps parts of it from working, and what to do
 * @param cutOff panels whose own network is bad
 * @param upgradeHref null while every agent is the newest
 */
public record ServerList(List<ServerRow> rows, String query, List<Choice> choices, Pager pager, String here,
    boolean untouched, List<ServerRow> former, List<String> notices, List<String> cutOff,
    @Nullable String upgradeHref) {}
