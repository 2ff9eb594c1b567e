package io.chom.web.servers;

import io.chom.web.support.Figure;
import io.chom.web.support.Moment;
import java.util.List;

/**
 * This process's connections to the fleet.
 *
 * @param at when all of it was measured
 */
public record ConnectionsPage(Moment at, List<Figure> figures, List<ConnectionRow> rows) {}
