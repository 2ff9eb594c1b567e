package io.chom.ssh;

import java.time.Duration;

/** One long-lived command on a server, spoken to in lines. */
public interface LineChannel extends AutoCloseable {

  /** What happens on the channel. Called on the channel's reader: do no work there. */
  interface Listener {

    /** One line, without its end. */
    void line(String line);

    /** The channel is gone, once; no line follows. */
    void closed(LineChannelEnd end);

    /**
     * The pool needs the place. An idle listener refuses new work from here on and answers true; the pool then closes the
     * channel.
     */
    default boolean makeWay() {
      return false;
    }
  }

  /**
   * Writes one line whole; concurrent senders never mix.
   *
   * @throws ConnectionLost saying whether anything may have reached the other side; the channel is closed then
   */
  void send(byte[] line, Duration limit);

  boolean isOpen();

  /** Since when nothing at all has come from the server, answers to the connection's own keep-alives included. */
  Duration silence();

  /** Ends the command and gives its place back; never blocks. */
  @Override
  void close();
}
