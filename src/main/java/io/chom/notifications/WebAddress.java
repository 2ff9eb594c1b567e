package io.chom.notifications;

import io.chom.notifications.ChannelRefused.Reason;
import io.chom.outbound.OutboundGuard;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Set;

/** An address of the web that a customer named. */
final class WebAddress {
  private static final int LONGEST = 2000;

  private WebAddress() {}

  /**
   * Judges its host as well, which may take seconds.
   *
   * @throws ChannelRefused it cannot be called, or not without TLS
   * @throws io.chom.outbound.OutboundRefused nobody is to go there on a customer's word
   */
  static URI parse(String text, OutboundGuard guard) {
    var uri = read(text);
    guard.judge(uri.getHost());
    if (uri.getScheme().equalsIgnoreCase("http") && !guard.allowed(uri.getHost())) {
      throw new ChannelRefused(Reason.URL_NOT_SECURE, "target");
    }
    return uri;
  }

  private static URI read(String text) {
    try {
      var uri = new URI(text);
      if (text.length() <= LONGEST && text.chars().allMatch(letter -> letter > ' ' && letter < 127)
          && uri.getScheme() != null && Set.of("http", "https").contains(uri.getScheme().toLowerCase(Locale.ROOT))
          && uri.getHost() != null && uri.getRawUserInfo() == null && uri.getRawFragment() == null
          && uri.getPort() <= 65_535 && uri.getPort() != 0) {
        return uri;
      }
    } catch (URISyntaxException _) {
      // said below
    }
    throw new ChannelRefused(Reason.URL_INVALID, "target");
  }
}
