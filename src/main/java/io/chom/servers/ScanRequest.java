package io.chom.servers;

import java.util.Locale;
import java.util.regex.Pattern;

/** Where a new server answers. */
public record ScanRequest(String host, int port) {
  private static final Pattern HOST = Pattern.compile("[a-z0-9]([a-z0-9._:-]{0,251}[a-z0-9])?");

  public ScanRequest {
    host = host.strip().toLowerCase(Locale.ROOT);
    if (!HOST.matcher(host).matches()) {
      throw new EnrolmentRefused("INVALID_HOST",
          "That is no host name or address. Give a name such as web-3.example.net, or an IP address, without a port.");
    }
    if (port < 1 || port > 65_535) {
      throw new EnrolmentRefused("INVALID_PORT", "A port is a number from 1 to 65535; SSH usually answers on 22.");
    }
  }
}
