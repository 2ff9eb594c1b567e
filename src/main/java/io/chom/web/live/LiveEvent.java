package io.chom.web.live;

/**
 * A part of a page as it is now.
 *
 * @param name what elements listen to with {@code sse-swap}
 * @param html empty for an event that only says "look again"
 */
public record LiveEvent(String name, String html) {
  /** Something changed that is best asked for anew. */
  public static LiveEvent lookAgain(String name) {
    return new LiveEvent(name, "");
  }
}
