package io.chom.agent;

import java.util.Map;

/**
 * A command of the agent's catalogue with typed arguments; nothing in it ever meets a shell.
 *
 * @param args numbers, booleans, strings, lists and maps of these
 * @param secrets what must reach neither journal, log nor answer
 */
public record AgentCommand(String name, Map<String, Object> args, Map<String, String> secrets) {

  public AgentCommand {
    args = Map.copyOf(args);
    secrets = Map.copyOf(secrets);
  }

  public AgentCommand(String name, Map<String, Object> args) {
    this(name, args, Map.of());
  }

  public static AgentCommand of(String name) {
    return new AgentCommand(name, Map.of());
  }

  @Override
  public String toString() {
    return name;
  }
}
