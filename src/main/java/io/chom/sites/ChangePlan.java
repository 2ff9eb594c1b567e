package io.chom.sites;

import java.util.List;
import tools.jackson.databind.JsonNode;

/** What a change would do on its server, in the server's own words. */
public record ChangePlan(List<Step> steps, List<Service> services) {

  /**
   * One step.
   *
   * @param target a file, a service or a user
   * @param change create, write, remove, reload, restart or run
   * @param diff the lines of a unified diff of a configuration file; empty for anything else
   */
  public record Step(String step, String target, String change, List<String> diff) {}

  /** A service that would be reloaded or restarted. */
  public record Service(String service, String change) {}

  /** Reads what the agent answered. */
  public static ChangePlan of(JsonNode data) {
    return new ChangePlan(
        data.path("plan").valueStream()
            .map(step -> new Step(step.path("step").asString(""), step.path("target").asString(""),
                step.path("change").asString(""),
                step.path("diff").valueStream().map(line -> line.asString("")).toList()))
            .toList(),
        data.path("services").valueStream()
            .map(service -> new Service(service.path("service").asString(""), service.path("change").asString("")))
            .toList());
  }
}
