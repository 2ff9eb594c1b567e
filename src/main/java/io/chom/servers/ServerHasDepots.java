package io.chom.servers;

import java.util.List;

/** A server that is to leave the fleet still keeps backups, which would be lost with it. */
public class ServerHasDepots extends ServerRefused {
  private static final int NAMED = 10;
  private final List<String> depots;

  public ServerHasDepots(String server, List<String> depots) {
    super("SERVER_HAS_DEPOTS", server + " keeps backups in " + depots.size()
        + (depots.size() == 1 ? " target: " : " targets: ")
        + String.join(", ", depots.subList(0, Math.min(NAMED, depots.size()))) + (depots.size() > NAMED ? " …" : "")
        + ". Remove these targets first; where the machine is gone for good, have them forgotten.");
    this.depots = List.copyOf(depots);
  }

  public List<String> depots() {
    return depots;
  }
}
