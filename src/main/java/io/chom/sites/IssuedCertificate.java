package io.chom.sites;

import java.time.Instant;
import tools.jackson.databind.JsonNode;

/** What a server says of the certificate that it serves now. */
record IssuedCertificate(String issuer, String serial, Instant notBefore, Instant notAfter) {
  static IssuedCertificate of(JsonNode result) {
    return new IssuedCertificate(result.path("issuer").asString(), result.path("serial").asString(),
        Instant.parse(result.path("not_before").asString()), Instant.parse(result.path("not_after").asString()));
  }
}
