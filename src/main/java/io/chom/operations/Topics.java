package io.chom.operations;

/** The live topics on which operations announce that something about them has changed. */
public final class Topics {
  /** Any operation of the tenant was requested, or changed its status. */
  public static final String ALL = "operations";

  /** Of the platform tenant: everybody's queue has moved. Rung at most once a second by each node. */
  public static final String QUEUE = "queue";

  private Topics() {}

  /** Anything about this operation, its log included. */
  public static String operation(OperationId id) {
    return "operation:" + id;
  }

  /** An operation on this subject was requested, moved on, or ended. */
  public static String subject(Subject subject) {
    return subject.kind() + ":" + subject.id();
  }
}
