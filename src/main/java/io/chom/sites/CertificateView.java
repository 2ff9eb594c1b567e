package io.chom.sites;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A site's certificate as its tenant sees it.
 *
 * @param issuer a stranger's text; null, as {@code serial} and the times are, while there is no certificate
 * @param failures how often asking for one has failed since it last succeeded
 * @param failure the last reason, in the words of whoever refused; {@code failureCode} is stable
 * @param renewAt when the panel asks for a new one by itself
 */
public record CertificateView(UUID id, SiteId site, CertificateStatus status, @Nullable String issuer,
    @Nullable String serial, @Nullable Instant notBefore, @Nullable Instant notAfter, int failures,
    @Nullable String failureCode, @Nullable String failure, @Nullable Instant failedAt, @Nullable Instant renewAt) {}
