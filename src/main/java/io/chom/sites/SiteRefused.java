package io.chom.sites;

import io.chom.common.ChomException;
import java.util.Locale;

/** What was asked of a site cannot be done as it was asked; the sentence for each reason is in the messages. */
public class SiteRefused extends ChomException {
  /** Why; {@code site.refused.<reason in lower case with dashes>} is its sentence. */
  public enum Reason {
    DOMAIN_EMPTY, DOMAIN_TOO_LONG, DOMAIN_LABEL_TOO_LONG, DOMAIN_CHARACTERS, DOMAIN_WILDCARD, DOMAIN_ONE_LABEL, DOMAIN_RESERVED, DOMAIN_IS_ADDRESS,
    /** Somebody has it already; whether this tenant or another is not told. */
    DOMAIN_NOT_AVAILABLE, UNKNOWN_TYPE, PHP_VERSION_UNKNOWN, PHP_VERSION_NOT_FOR_STATIC, NAME_DOES_NOT_MATCH, NOT_IN_THIS_STATE
  }

  private final Reason reason;
  private final String field;

  public SiteRefused(Reason reason, String field) {
    super("Site refused: " + reason + " (" + field + ")", null);
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
    return "site.refused." + reason.name().toLowerCase(Locale.ROOT).replace('_', '-');
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
