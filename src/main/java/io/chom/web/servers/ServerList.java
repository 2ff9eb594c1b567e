package io.chom.web.servers;

import java.util.List;

/** The fleet. */
public record ServerList(List<ServerRow> rows) {}
