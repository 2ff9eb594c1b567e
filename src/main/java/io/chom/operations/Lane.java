package io.chom.operations;

import java.util.Locale;

/** Which queue an operation waits in: people at a screen go before clocks. */
public enum Lane {
  INTERACTIVE, SCHEDULED;

  /** As it is stored and as programs write it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
