package io.chom.tenancy;

/** How many statements a thread has sent to the database; a request has a thread of its own. */
public final class StatementCount {
  private static final ThreadLocal<Integer> SENT = ThreadLocal.withInitial(() -> 0);

  private StatementCount() {}

  static void add() {
    SENT.set(SENT.get() + 1);
  }

  /** Those of the current thread since it began. */
  public static int ofThread() {
    return SENT.get();
  }
}
