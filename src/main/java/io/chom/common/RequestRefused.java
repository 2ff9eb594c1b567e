package io.chom.common;

import java.util.Locale;

/** A request cannot be carried out as it was made: names the field that is at fault, and what to do instead. */
public abstract class RequestRefused extends ChomException {
  private final String about;
  private final String code;
  private final String field;

  /**
   * @param about what was asked for, in one word, as message keys begin with it
   * @param reason why; its name is the code
   * @param advice a sentence that says what to do
   */
  protected RequestRefused(String about, Enum<?> reason, String advice, String field) {
    super(advice, null);
    this.about = about;
    this.code = reason.name();
    this.field = field;
  }

  /** The field of the request that is at fault. */
  public String field() {
    return field;
  }

  /** The key of the sentence in the reader's language. */
  public String messageKey() {
    return about + ".refused." + code.toLowerCase(Locale.ROOT).replace('_', '-');
  }

  @Override
  public String code() {
    return code;
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
