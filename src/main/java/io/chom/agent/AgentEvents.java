package io.chom.agent;

/** Hears what an operation does while it does it: each event once and in order, whatever happens to the connection. */
public interface AgentEvents {

  /** @param offset where to go on reading the journal after this event */
  void progress(int percent, String step, long offset);

  /** @param offset where to go on reading the journal after this event */
  void output(String stream, String data, long offset);

  /**
   * The operation was sent and its server cannot be heard now. Said at each loss and each vain try to get back to it;
   * the operation itself may be going on.
   *
   * @param why how far the last try got
   */
  default void silent(AgentException why) {}

  /** The server was reached again after {@link #silent}, and its journal is read on. */
  default void heard() {}

  /** Hears nothing. */
  static AgentEvents none() {
    return new AgentEvents() {
      @Override
      public void progress(int percent, String step, long offset) {}

      @Override
      public void output(String stream, String data, long offset) {}
    };
  }
}
