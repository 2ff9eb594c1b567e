package io.chom.operations;

import java.util.UUID;

/**
 * The ids under which servers know an operation's tries. The first is the operation's own; a later one differs from it
 * only in its middle, {@code 8} and the number of the try, so that whoever reads a server's journal finds the operation.
 */
final class TryIds {
  private static final long MIDDLE = 0xffffL;
  /** RFC 9562 leaves version 8 to whoever makes the id. */
  private static final long VERSION_8 = 0x8000L;

  private TryIds() {}

  static UUID of(OperationId operation, int number) {
    var own = operation.value();
    return number == 1
        ? own
        : new UUID(own.getMostSignificantBits() & ~MIDDLE | VERSION_8 | number, own.getLeastSignificantBits());
  }
}
