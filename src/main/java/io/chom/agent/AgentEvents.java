package io.chom.agent;

/** Hears what an operation does while it does it: each event once and in order, whatever happens to the connection. */
public interface AgentEvents {

  /** @param offset where to go on reading the journal after this event */
  void progress(int percent, String step, long offset);

  /** @param offset where to go on reading the journal after this event */
  void output(String stream, String data, long offset);

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
