package io.chom.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** What enrolment does on a server, in this order. Each step can be repeated; a broken enrolment starts again. */
enum BootstrapStep {
  RECEIVE("Receiving the agent"), PLATFORM("Looking at the system"), TOOLS("Installing jq and sudo"), USER(
      "Making the panel's login"), UNPACK("Unpacking the agent"), VERIFY("Verifying the agent"), TRUST(
          "Pinning the agent's signing key"), POLICY("Writing down what the panel may do"), ACTIVATE(
              "Switching to this agent"), SUDOERS("Allowing exactly the agent"), KEY("Letting the panel's key in");

  private final String title;

  BootstrapStep(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** A POSIX sh function by the name {@code step_<word>}. */
  String script() {
    return resource(word() + ".sh");
  }

  /** What all steps stand on. */
  static String prelude() {
    return resource("prelude.sh");
  }

  private static String resource(String name) {
    try (var in = BootstrapStep.class.getResourceAsStream("/enrolment/" + name)) {
      if (in == null) {
        throw new IllegalStateException("enrolment/" + name + " is not on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
