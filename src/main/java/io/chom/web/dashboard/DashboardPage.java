package io.chom.web.dashboard;

import io.chom.web.operations.OperationLine;
import io.chom.web.sites.SiteRow;
import io.chom.web.support.Figure;
import java.util.List;

/** The overview, every word ready. */
public record DashboardPage(List<Figure> figures, List<SiteRow> sites, List<OperationLine> operations,
    boolean mayCreate) {}
