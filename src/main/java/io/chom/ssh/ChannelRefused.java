package io.chom.ssh;

/** The server opens no further session on this connection. Nothing was started. */
final class ChannelRefused extends RuntimeException {

  ChannelRefused(String message) {
    super(message, null, false, false);
  }
}
