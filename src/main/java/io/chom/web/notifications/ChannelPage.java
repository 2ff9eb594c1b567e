package io.chom.web.notifications;

import io.chom.web.support.Badge;
import io.chom.web.support.Choice;
import io.chom.web.support.Faults;
import io.chom.web.support.Moment;
import io.chom.web.support.Pager;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One channel: what it tells, and what it told; or one that is to be.
 *
 * @param title its name
 * @param line null for one that is to be
 * @param kinds what it can be; empty where that is settled
 * @param mayShare whether the reader may make one for the whole tenant
 * @param ownAddress the address its owner signs in with
 * @param target where it leads, as it may be shown; empty for one that is to be
 * @param nextDigest when the next digest is due; null where none is wanted
 * @param secret shown this once
 */
public record ChannelPage(String title, ChannelsPage.@Nullable Line line, String here, ChannelForm form, Faults faults,
    boolean mailOff, List<Choice> kinds, boolean mayShare, boolean ownAddress, String target, List<Event> events,
    List<Choice> hours, List<Choice> languages, List<String> zones, @Nullable Moment nextDigest,
    @Nullable String secret, List<Delivery> deliveries, Pager pager) {

  public boolean fresh() {
    return line == null;
  }

  /** Something that can be told. */
  public record Event(String word, String label, boolean atOnce, boolean daily) {}

  /**
   * Something that was to be told.
   *
   * @param next when it is tried again
   */
  public record Delivery(String what, Badge state, @Nullable String error, @Nullable Moment next, int attempts,
      Moment at) {}
}
