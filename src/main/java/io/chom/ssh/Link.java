package io.chom.ssh;

import java.util.function.Consumer;

/** One connection that is logged in. */
interface Link {

  boolean isOpen();

  /** Nanoseconds since the last byte from the other side. */
  long silence();

  /** Nanoseconds the current writer has been inside write, 0 if there is none. */
  long stuck();

  /** Told once, with the reason, when the link is gone. */
  void onEnd(Consumer<String> listener);

  /** Asks for a channel without waiting for it. */
  Channel open();

  /** Ends it at once, whatever any thread is doing on it. */
  void kill(String reason);

  /** Ends it politely; does not block. */
  void close();
}
