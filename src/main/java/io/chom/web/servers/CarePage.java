package io.chom.web.servers;

import io.chom.web.support.Badge;
import io.chom.web.support.Moment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How one server is looked after. A way that is null leads nowhere now.
 *
 * @param reason why it is in maintenance; null if it is not
 * @param until until when in words; null if nobody knows
 * @param protocol which language of the wire its agent speaks
 * @param release which agent it has, and whether there is another one
 * @param driftFault why the last comparison did not work; null if it did
 * @param faults what was wrong with the last form
 */
public record CarePage(@Nullable String reason, @Nullable Moment since, @Nullable String until,
    @Nullable String maintainHref,
    @Nullable String returnHref, Moment keySince, @Nullable String rotateHref, @Nullable String protocol,
    @Nullable Badge release,
    @Nullable String upgradeHref, List<Line> drift, @Nullable Moment comparedAt, @Nullable String driftFault,
    @Nullable String compareHref, @Nullable String decommissionHref, @Nullable Moment decommissionedAt,
    List<String> leftBehind, List<String> faults) {

  /** One thing that differs. */
  public record Line(Badge kind, String thing, String name, String detail) {}
}
