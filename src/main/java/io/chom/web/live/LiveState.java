package io.chom.web.live;

import java.util.List;

/**
 * The whole state that belongs to one topic.
 *
 * @param ended whether nothing about it can change any more
 */
public record LiveState(List<LiveEvent> events, boolean ended) {
  public static LiveState lasting(LiveEvent... events) {
    return new LiveState(List.of(events), false);
  }
}
