package io.chom.notifications;

import io.chom.common.ChomException;
import org.jspecify.annotations.Nullable;

/** Something could not be told on a channel. Says why in a code and a few characters, and nothing of where to. */
class NotDelivered extends ChomException {
  /** Why; {@code notifications.error.…} has the sentences. */
  enum Reason {
    /** The operator named no mail server. */
    MAIL_NOT_CONFIGURED(false), MAIL_UNREACHABLE(true),
    /** Its login or its certificate. */
    MAIL_LOGIN_REFUSED(true),
    /** For now. */
    MAIL_DEFERRED(true),
    /** For good. */
    MAIL_REFUSED(false), HOST_UNKNOWN(true), HOST_NOT_PUBLIC(false), HTTP_UNREACHABLE(true), HTTP_TIMEOUT(true),
    /** Its certificate. */
    HTTP_TLS(true), HTTP_STATUS(true), HTTP_REDIRECT(true),
    /** It wants no more. */
    HTTP_GONE(false), HTTP_ANSWER(true),
    /** It does not belong here any more. */
    OWNER_GONE(false), CHANNEL_OFF(false), INTERNAL(true);

    private final boolean passes;

    Reason(boolean passes) {
      this.passes = passes;
    }
  }

  private final Reason reason;
  private final String detail;

  NotDelivered(Reason reason, String detail, @Nullable Throwable cause) {
    super(reason + (detail.isEmpty() ? "" : " (" + detail + ")"), cause);
    this.reason = reason;
    this.detail = detail;
  }

  NotDelivered(Reason reason) {
    this(reason, "", null);
  }

  Reason reason() {
    return reason;
  }

  /** Such as a status; nothing secret. */
  String detail() {
    return detail;
  }

  @Override
  public String code() {
    return reason.name();
  }

  @Override
  public boolean retryable() {
    return reason.passes;
  }
}
