package io.chom.operations;

/** Somebody cancelled the operation while nothing of it had left the panel; now nothing will. */
final class CancelledBeforeSending extends RuntimeException {
  CancelledBeforeSending(OperationId operation) {
    super("Operation " + operation + " was cancelled before it was sent", null, false, false);
  }
}
