package io.chom.servers;

/** The live topics, of the server's owner, on which the fleet announces that something about it has changed. */
public final class ServerTopics {
  /** Any server. */
  public static final String ALL = "servers";

  private ServerTopics() {}

  /** Anything about this server, its operations included. */
  public static String server(ServerId id) {
    return "server:" + id;
  }
}
