package io.chom.servers;

import java.util.List;

/** A server that is to leave the fleet still has sites. */
public class ServerHasSites extends ServerRefused {
  private static final int NAMED = 10;
  private final List<String> domains;

  public ServerHasSites(String server, List<String> domains) {
    super("SERVER_HAS_SITES", server + " has " + domains.size() + (domains.size() == 1 ? " site: " : " sites: ")
        + String.join(", ", domains.subList(0, Math.min(NAMED, domains.size())))
        + (domains.size() > NAMED ? " …" : "") + ". Move or delete them first.");
    this.domains = List.copyOf(domains);
  }

  public List<String> domains() {
    return domains;
  }
}
