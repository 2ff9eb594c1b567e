package io.chom.operations;

/**
 * Why an operation waits, and where it stands; computed by the order in which workers take operations.
 *
 * @param number its position in the line that the reason names, from 1; 0 where there is none
 */
public record Place(Reason reason, long number) {
  /** What it waits for. */
  public enum Reason {
    /** A worker that is free; the line is everybody's. */
    LINE,
    /** Its next try. */
    LATER,
    /** An operator, who paused it. */
    PAUSED,
    /** Another change of the same thing. */
    SUBJECT,
    /** Its server, on which as many run as may. */
    SERVER,
    /** Its tenant, of whom as many run as may. */
    TENANT
  }
}
