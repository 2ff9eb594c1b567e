package io.chom.web.servers;

import java.util.List;

/**
 * The fleet.
 *
 * @param notices what keeps parts of it from working, and what to do
 */
public record ServerList(List<ServerRow> rows, List<String> notices) {}
