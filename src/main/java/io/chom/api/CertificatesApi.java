package io.chom.api;

import io.chom.accounts.Caller;
import io.chom.accounts.Permission;
import io.chom.accounts.Requires;
import io.chom.sites.CertificateView;
import io.chom.sites.Certificates;
import io.chom.sites.DomainProof;
import io.chom.sites.SiteId;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** A site's certificate. */
@Tag(name = "Certificates")
@RestController
@RequestMapping("/api/v1/sites/{id}/certificates")
class CertificatesApi {
  private final Certificates certificates;

  CertificatesApi(Certificates certificates) {
    this.certificates = certificates;
  }

  /**
   * @param failure the last reason why none came, in the words of whoever refused
   * @param renewAt when the panel asks for a new one by itself
   */
  record CertificateBody(UUID id, UUID siteId, String status, @Nullable String issuer, @Nullable String serial,
      @Nullable Instant notBefore, @Nullable Instant notAfter, int failures, @Nullable String failureCode,
      @Nullable String failure, @Nullable Instant failedAt, @Nullable Instant renewAt) {

    static CertificateBody of(CertificateView view) {
      return new CertificateBody(view.id(), view.site().value(), view.status().name(), view.issuer(), view.serial(),
          view.notBefore(), view.notAfter(), view.failures(), view.failureCode(), view.failure(), view.failedAt(),
          view.renewAt());
    }
  }

  /**
   * @param items at most one
   * @param proof what shows that the domain may be served from here: it leads to {@code pointsTo}, or has a TXT record
   *        {@code textName} with {@code textValue}
   */
  record CertificateList(List<CertificateBody> items, @Nullable String next, DomainProof proof) {}

  @Operation(summary = "The site's certificate, and what its domain must show to get one")
  @GetMapping
  @Requires(Permission.SITES_READ)
  CertificateList list(@PathVariable UUID id) {
    var site = new SiteId(id);
    return new CertificateList(certificates.of(site).map(CertificateBody::of).stream().toList(), null,
        certificates.proof(site));
  }

  @Operation(summary = "Get the site a certificate, or a new one", description = "Served by https once it is there; the old one is served until then, and if none comes.")
  @PostMapping
  @Requires(Permission.SITES_WRITE)
  ResponseEntity<Accepted> ask(@PathVariable UUID id, Caller caller) {
    return Accepted.of(id, certificates.ask(new SiteId(id), caller.actor()));
  }
}
