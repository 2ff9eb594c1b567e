package io.chom.servers;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What this process holds to one server now.
 *
 * @param connections that are up
 * @param mostConnections it may have
 * @param channels in use on them; the gateway to its agent is one
 * @param places channels they carry at most
 * @param waiting callers for whom no channel is free
 * @param circuit whether it is worth trying
 * @param faults tries in a row that failed on the way
 * @param untilNextTry how long nobody tries after a failure
 * @param heard when the last byte came from there; null if this process never heard any
 * @param fault the last thing that went wrong on the way there, also if it is over; null if nothing did within an hour
 */
public record ConnectionView(ServerId id, String name, int connections, int mostConnections, int channels, int places,
    int waiting, Circuit circuit, int faults, Duration untilNextTry, @Nullable Instant heard, @Nullable Fault fault) {

  /** Whether a server is worth trying. */
  public enum Circuit {
    /** This process has had nothing to do with it yet. */
    UNUSED,
    /** It is tried whenever somebody needs it. */
    CLOSED,
    /** Nobody tries it for a while. */
    OPEN,
    /** One caller may find out whether it is back. */
    HALF_OPEN
  }

  /** Something that went wrong on the way. */
  public record Fault(String code, String message, Instant at) {}

  static ConnectionView none(ServerId id, String name) {
    return new ConnectionView(id, name, 0, 0, 0, 0, 0, Circuit.UNUSED, 0, Duration.ZERO, null, null);
  }
}
