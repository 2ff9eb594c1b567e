package io.chom.backups;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How an agent gets at one repository.
 *
 * @param location as the agent names it
 * @param arguments what says where it is, the location among them; nothing secret, so that an operation may carry them
 * @param secrets the repository's key, and what else it takes to get in
 * @param shared what the tenant may be told of the place, where an operator shares it with the tenant; null of one of its own
 */
record Reach(String location, Map<String, Object> arguments, Map<String, String> secrets,
    @Nullable SharedPlace shared) {
  Reach {
    arguments = Map.copyOf(arguments);
    secrets = Map.copyOf(secrets);
  }

  @Override
  public String toString() {
    return location;
  }
}
