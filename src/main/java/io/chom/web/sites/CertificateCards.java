package io.chom.web.sites;

import io.chom.accounts.Caller;
import io.chom.accounts.Permission;
import io.chom.sites.CertificateStatus;
import io.chom.sites.CertificateView;
import io.chom.sites.Certificates;
import io.chom.sites.SiteId;
import io.chom.sites.SiteStatus;
import io.chom.sites.SiteView;
import io.chom.web.support.Badge;
import io.chom.web.support.Words;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Puts certificates into words. */
@Component
class CertificateCards {
  private static final Duration SOON = Duration.ofDays(14);

  private final Certificates certificates;
  private final Clock clock;

  CertificateCards(Certificates certificates, Clock clock) {
    this.certificates = certificates;
    this.clock = clock;
  }

  /** The event that says how it stands with a site's certificate. */
  static String isNow(SiteId site, @Nullable CertificateView certificate) {
    return event(site, certificate == null ? "NONE" : certificate.status().name());
  }

  private static String event(SiteId site, String status) {
    return "certificate-is-" + status + "-" + site;
  }

  /** The events upon which the card is another one. */
  String turns(SiteId site) {
    String now = isNow(site, certificates.of(site).orElse(null));
    return Stream.of(CertificateStatus.values()).map(status -> event(site, status.name()))
        .filter(event -> !event.equals(now)).map(event -> "sse:" + event).collect(Collectors.joining(", "));
  }

  /** @param faults why what was asked for was refused */
  CertificateCard of(SiteView site, Caller caller, List<String> faults, Words words) {
    var certificate = certificates.of(site.id()).orElse(null);
    var status = certificate == null ? null : certificate.status();
    boolean served = status != null && status.served();
    var end = certificate == null || !served ? null : certificate.notAfter();
    boolean may = caller.can(Permission.SITES_WRITE)
        && (site.status() == SiteStatus.ACTIVE || site.status() == SiteStatus.DISABLED)
        && status != CertificateStatus.ISSUING && status != CertificateStatus.RENEWING;
    return new CertificateCard(state(status, end, words), served && certificate != null ? certificate.issuer() : null,
        end == null ? null : words.date(end), end == null ? null : words.moment(end),
        certificate == null || certificate.renewAt() == null ? null : words.moment(certificate.renewAt()),
        certificate == null ? null : certificate.failure(),
        certificate == null || certificate.failedAt() == null ? null : words.moment(certificate.failedAt()),
        served ? null : certificates.proof(site.id()), may ? "/sites/" + site.id() + "/certificate" : null,
        words.say(served ? "certificate.renew" : "certificate.issue"), faults);
  }

  private Badge state(@Nullable CertificateStatus status, @Nullable Instant end, Words words) {
    if (status == null) {
      return new Badge("quiet", words.say("certificate.status.NONE"));
    }
    if (end != null && end.isBefore(clock.instant())) {
      return new Badge("bad", words.say("certificate.status.ENDED"));
    }
    String tone = switch (status) {
      case ISSUING, RENEWING -> "busy";
      case ACTIVE -> end != null && end.isBefore(clock.instant().plus(SOON)) ? "warn" : "ok";
      case FAILED -> "bad";
    };
    return new Badge(tone, words.say("certificate.status." + status));
  }
}
