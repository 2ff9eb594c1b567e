package io.chom.sites;

import java.util.List;

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
}
