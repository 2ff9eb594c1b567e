package io.chom.notifications;

import io.chom.notifications.ChannelRefused.Reason;
import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.InternetAddress;
import java.util.regex.Pattern;

/** One plain address of mail: no name, no list, no route, nothing that could become a header. */
final class MailAddress {
  private static final int LONGEST = 254;
  private static final Pattern PLAIN = Pattern.compile(
      "[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*");

  private MailAddress() {}

  static InternetAddress parse(String text) {
    if (text.length() > LONGEST || !PLAIN.matcher(text).matches()) {
      throw new ChannelRefused(Reason.ADDRESS_INVALID, "target");
    }
    try {
      return new InternetAddress(text, true);
    } catch (AddressException e) {
      throw new ChannelRefused(Reason.ADDRESS_INVALID, "target");
    }
  }
}
