package io.chom.accounts;

import io.chom.common.ChomException;
import java.util.Locale;

/** What was asked about people, tenants or tokens cannot be done as asked. */
public class AccountRefused extends ChomException {
  /** Why, in words for logs; {@code account.refused.<reason in lower case with dashes>} is the sentence for people. */
  public enum Reason {
    EMAIL_INVALID("Give an e-mail address, for example ada@example.org"), EMAIL_TAKEN(
        "Somebody with this e-mail address exists already"), NAME_INVALID(
            "Give a name of 1 to 200 characters"), PASSWORD_TOO_SHORT(
                "A password has at least 12 characters; choose a longer one"), PASSWORD_TOO_LONG(
                    "A password has at most 128 bytes; choose a shorter one"), PASSWORD_IS_EMAIL(
                        "The password must not be the e-mail address; choose another one"), SLUG_INVALID(
                            "A tenant's short name has 1 to 63 lower case letters, digits and hyphens, and begins and ends"
                                + " with a letter or digit"), SLUG_TAKEN(
                                    "A tenant with this short name exists already; choose another one"), TIER_UNKNOWN(
                                        "There is no such plan; choose starter, pro or enterprise"), SCOPE_UNKNOWN(
                                            "There is no such scope"), SCOPE_NOT_HELD(
                                                "A token cannot be given more rights than you have yourself"), EXPIRY_PAST(
                                                    "The token would have expired already; choose a later time"), TOKEN_UNUSABLE(
                                                        "A token has 32 to 200 letters, digits, _ or -");

    private final String advice;

    Reason(String advice) {
      this.advice = advice;
    }
  }

  private final Reason reason;
  private final String field;

  public AccountRefused(Reason reason, String field) {
    super(reason.advice + " (" + field + ")", null);
    this.reason = reason;
    this.field = field;
  }

  public Reason reason() {
    return reason;
  }

  /** The field of the request that is at fault. */
  public String field() {
    return field;
  }

  /** The key of the sentence that tells a person what to do. */
  public String messageKey() {
    return "account.refused." + reason.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  @Override
  public String code() {
    return reason.name();
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
