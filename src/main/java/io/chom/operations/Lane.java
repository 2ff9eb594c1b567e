package io.chom.operations;

/** Which queue an operation waits in: people at a screen go before clocks. */
public enum Lane {
  INTERACTIVE, SCHEDULED
}
