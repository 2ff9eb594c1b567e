package io.chom.web.servers;

import io.chom.web.support.Badge;
import io.chom.web.support.Moment;
import org.jspecify.annotations.Nullable;

/**
 * What the panel holds to one server, every word ready.
 *
 * @param next when it is tried again; null while nothing keeps anybody from it
 * @param waiting how many wait for a channel; null if nobody does
 * @param heard when it last said anything; null if it never has
 * @param fault what last went wrong; null if nothing did
 */
public record ConnectionRow(String href, String name, Badge circuit, @Nullable String next, String connections,
    String channels, @Nullable String waiting, @Nullable Moment heard, @Nullable Fault fault) {

  /** What went wrong, and when. */
  public record Fault(String message, Moment at) {}
}
