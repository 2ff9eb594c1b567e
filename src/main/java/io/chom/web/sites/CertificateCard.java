package io.chom.web.sites;

import io.chom.sites.DomainProof;
import io.chom.web.support.Badge;
import io.chom.web.support.Moment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A site's certificate on its page.
 *
 * @param issuer null while there is no certificate, as {@code until} and {@code ends} are
 * @param until the day it ends; {@code ends} the same, counted from now
 * @param renews when the panel asks for a new one by itself; null where it does not
 * @param failure a sentence, where none came the last time; {@code failed} is when
 * @param proof what the domain must show to get one; null once it has one
 * @param askHref where to ask for one, or for a new one; null where it cannot be asked for now
 */
public record CertificateCard(Badge state, @Nullable String issuer, @Nullable String until, @Nullable Moment ends,
    @Nullable Moment renews, @Nullable String failure, @Nullable Moment failed, @Nullable DomainProof proof,
    @Nullable String askHref, String askLabel, List<String> faults) {}
