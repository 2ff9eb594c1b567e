package io.chom.web.sites;

import io.chom.web.operations.OperationLine;
import io.chom.web.support.Badge;
import io.chom.web.support.Moment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One site.
 *
 * @param turns the events upon which the page is another one
 * @param storageAt when the storage was measured, null while nobody has
 * @param visitHref null while nothing answers there
 * @param failure a sentence, where it failed
 * @param tryAgainHref null unless it failed and may be built again
 * @param disableHref where to close it, {@code enableHref} where to open it again; null where it cannot be
 */
public record SitePage(String id, String here, String domain, Badge state, String kind, String server,
    String publicHost, String documentRoot, String unixUser, String storage,
    @Nullable Moment storageAt, CertificateCard certificate,
    Moment created,
    @Nullable String visitHref, @Nullable String failure, List<OperationLine> operations, String topics,
    String turns, boolean mayDelete, String deleteHref,
    @Nullable String tryAgainHref, @Nullable String disableHref, @Nullable String enableHref) {}
