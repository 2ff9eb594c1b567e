package io.chom.web.notifications;

import io.chom.web.support.Badge;
import io.chom.web.support.Moment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the reader, and for admins the tenant, are told what.
 *
 * @param mailOff whether this panel sends no mail at all
 * @param shared null for whoever may not manage the tenant's
 */
public record ChannelsPage(boolean mailOff, String tenant, List<Line> own, @Nullable List<Line> shared) {

  /**
   * One channel.
   *
   * @param error why the last thing did not get there
   */
  public record Line(String name, String target, String kind, List<String> tells, Badge state, @Nullable String error,
      @Nullable Moment sent, String href) {}
}
