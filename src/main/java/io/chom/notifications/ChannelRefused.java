package io.chom.notifications;

import io.chom.common.RequestRefused;

/** Nobody can be told like that. */
public class ChannelRefused extends RequestRefused {
  /** Why, with a sentence that says what to do. */
  public enum Reason {
    KIND_UNKNOWN("Choose one of email, webhook and slack"),
    /** Empty, too long or not of one line. */
    NAME_INVALID("Give it a name of one line with at most 80 characters"),
    /** Not one address of mail. */
    ADDRESS_INVALID("Write one e-mail address, such as alerts@example.org"),
    /** No address of the web, or one with a login in it. */
    URL_INVALID("Write an address such as https://example.org/hook, without a login in it, of at most 2000 characters"),
    /** In the clear, to a host that the operator did not name. */
    URL_NOT_SECURE("Write an address that begins with https://"),
    /** None that can be subscribed to. */
    EVENT_UNKNOWN(
        "Choose among backup.failed, backup.missed, backup.broken, operation.failed, backup.succeeded and backup.proven"),
    /** Not in the tz database. */
    TIME_ZONE_UNKNOWN("There is no time zone of that name; write one such as Europe/Berlin, or UTC"),
    /** No hour of a day. */
    HOUR_INVALID("Write an hour from 0 to 23"),
    /** Neither of the two. */
    LANGUAGE_UNKNOWN("Choose en or de"),
    /** The bound that keeps one tenant from sending without end. */
    TOO_MANY_CHANNELS("There are too many channels; remove one first"),
    /** It belongs to the login. */
    OWN_ADDRESS_STAYS("This is the address you sign in with; choose no events for it instead"),
    /** An operator who acts for a tenant has no channel there. */
    NOT_A_MEMBER("You do not belong to this tenant; make a channel for the whole tenant instead"),
    /** Each test sends something. */
    TESTED_JUST_NOW("This channel was tested a moment ago; wait ten seconds");

    private final String advice;

    Reason(String advice) {
      this.advice = advice;
    }
  }

  private final Reason reason;

  ChannelRefused(Reason reason, String field) {
    super("channel", reason, reason.advice, field);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
