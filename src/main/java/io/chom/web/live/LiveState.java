package io.chom.web.live;

import java.util.List;

/**
 * The whole state that belongs to one topic.
 *
 * @param ended whether nothing about it can change any more
 * @param drifts whether it changes by itself, without anybody who would ring: it is looked at again in a moment
 */
public record LiveState(List<LiveEvent> events, boolean ended, boolean drifts) {
  public LiveState(List<LiveEvent> events, boolean ended) {
    this(events, ended, false);
  }

  public static LiveState lasting(LiveEvent... events) {
    return new LiveState(List.of(events), false);
  }
}
