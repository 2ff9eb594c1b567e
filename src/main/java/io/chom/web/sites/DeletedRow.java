package io.chom.web.sites;

import io.chom.web.support.Moment;

/**
 * A deleted site that can be brought back.
 *
 * @param undoHref where to bring it back; empty where this reader may not
 */
public record DeletedRow(String domain, String server, Moment deleted, Moment until, String undoHref) {}
