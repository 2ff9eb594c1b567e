package io.chom.web.sites;

import io.chom.web.support.Choice;
import io.chom.web.support.Pager;
import java.util.List;

/**
 * The page of sites.
 *
 * @param here its own address, to be read again
 * @param untouched whether the tenant has no site at all
 */
public record SiteList(List<SiteRow> rows, String query, List<Choice> choices, Pager pager, String here,
    boolean untouched, boolean mayCreate) {}
