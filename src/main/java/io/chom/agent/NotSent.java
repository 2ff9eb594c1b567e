package io.chom.agent;

/** The channel took nothing of a request; another channel may be tried at once. */
final class NotSent extends Exception {

  NotSent(String message, Throwable cause) {
    super(message, cause, false, false);
  }
}
