package io.chom.web.sites;

import io.chom.web.support.Badge;
import io.chom.web.support.Moment;

/** A site in a list, every word ready. */
public record SiteRow(String id, String href, String domain, String kind, String server, Badge state, String storage,
    Moment created) {}
