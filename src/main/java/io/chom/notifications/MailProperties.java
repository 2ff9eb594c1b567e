package io.chom.notifications;

import java.util.Locale;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The server that takes the panel's mail.
 *
 * @param host empty: there is none, and no mail is sent
 * @param port empty for what is usual: 587 with starttls, 465 with tls, 25 with none
 * @param user empty where it wants no login
 * @param from whose mail it is
 * @param tls starttls (and nothing without it), tls from the first byte, or none
 */
@ConfigurationProperties("chom.mail")
record MailProperties(@DefaultValue("") String host, @DefaultValue("") String port, @DefaultValue("") String user,
    @DefaultValue("") String password, @DefaultValue("") String from, @DefaultValue("starttls") String tls) {

  boolean configured() {
    return !host.isBlank() && !from.isBlank();
  }

  String mode() {
    return tls.isBlank() ? "starttls" : tls.toLowerCase(Locale.ROOT);
  }

  int portNumber() {
    if (!port.isBlank()) {
      return Integer.parseInt(port.strip());
    }
    return switch (mode()) {
      case "tls" -> 465;
      case "none" -> 25;
      default -> 587;
    };
  }

  @Override
  public String toString() {
    return "MailProperties[" + host + " " + mode() + "]";
  }
}
