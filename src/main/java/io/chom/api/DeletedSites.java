package io.chom.api;

import java.util.List;

/** All there are; there is no next page. */
record DeletedSites(List<DeletedSiteBody> items) {}
