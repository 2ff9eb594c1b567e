package io.chom.web.servers;

/** The fingerprint that a person is to compare. */
public record ApprovePage(String href, String address, String algorithm, String fingerprint) {

  /** What to type on the machine itself to see it there. */
  public String command() {
    String kind = algorithm.startsWith("ecdsa") ? "ecdsa" : algorithm.contains("rsa") ? "rsa" : "ed25519";
    return "ssh-keygen -lf /etc/ssh/ssh_host_" + kind + "_key.pub";
  }
}
