package io.chom.web.sites;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a change would do.
 *
 * @param services each with what happens to it
 * @param trouble why there is no plan, and what that means; null where there is one
 */
public record PlanView(List<Step> steps, List<String> services, @Nullable String trouble) {

  /**
   * One step.
   *
   * @param diff the lines that change; null where nobody would read them
   */
  public record Step(String change, String step, String target, @Nullable String diff) {}
}
