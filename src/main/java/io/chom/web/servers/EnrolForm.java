package io.chom.web.servers;

import io.chom.servers.ScanRequest;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Where a new server is; the port as it was typed. */
public record EnrolForm(@Nullable String host, @Nullable String port) {

  /** @throws io.chom.servers.EnrolmentRefused what was typed cannot be an address */
  ScanRequest toRequest() {
    String typed = Objects.requireNonNullElse(port, "").strip();
    // what is no number becomes a port that cannot be, and is refused as such
    int number = typed.matches("[0-9]{1,5}") ? Integer.parseInt(typed) : -1;
    return new ScanRequest(Objects.requireNonNullElse(host, ""), number);
  }
}
