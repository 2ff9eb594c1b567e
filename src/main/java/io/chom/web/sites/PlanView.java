package io.chom.web.sites;

import io.chom.sites.ChangePlan;
import io.chom.web.support.Words;
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

  static PlanView of(ChangePlan plan, Words words) {
    return new PlanView(
        plan.steps().stream()
            .map(step -> new Step(words.sayOr("plan.change." + step.change(), step.change()), step.step(),
                step.target(), diff(step)))
            .toList(),
        plan.services().stream().map(service -> words.sayOr("plan.change." + service.change(), service.change()) + ": "
            + service.service()).toList(),
        null);
  }

  private static @Nullable String diff(ChangePlan.Step step) {
    return step.diff().isEmpty() ? null : String.join("\n", step.diff());
  }
}
