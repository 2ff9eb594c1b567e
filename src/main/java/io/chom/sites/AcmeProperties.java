package io.chom.sites;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Who signs the sites' certificates.
 *
 * @param directory the address of its ACME directory; empty for Let's Encrypt
 * @param email whom it may write to; empty for nobody
 * @param caBundle a file with the authorities (PEM) to trust for that address alone; empty for those of the servers
 * @param nameServer address and port of the name server that is asked where a domain leads; empty for this machine's own
 */
@ConfigurationProperties("chom.acme")
record AcmeProperties(@DefaultValue("") String directory, @DefaultValue("") String email,
    @DefaultValue("") String caBundle, @DefaultValue("") String nameServer) {
  private static final String PUBLIC = "https://acme-v02.api.letsencrypt.org/directory";

  /** Whether a stranger out there signs, who must be able to reach the sites. */
  boolean isPublic() {
    return directory.isBlank() || directory.equals(PUBLIC);
  }

  /** What the agent needs to know of it. Part of the operation, so that a later setting cannot change one under way. */
  Map<String, Object> arguments() {
    var arguments = new HashMap<String, Object>();
    arguments.put("directory", directory.isBlank() ? PUBLIC : directory);
    if (!email.isBlank()) {
      arguments.put("email", email);
    }
    if (!caBundle.isBlank()) {
      try {
        arguments.put("ca_bundle", Base64.getEncoder().encodeToString(Files.readAllBytes(Path.of(caBundle))));
      } catch (IOException e) {
        throw new UncheckedIOException("CHOM_ACME_CA_BUNDLE cannot be read: " + caBundle, e);
      }
    }
    return arguments;
  }
}
