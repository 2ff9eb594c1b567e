package io.chom.launch;

import java.io.PrintStream;
import java.util.Map;

/** Looks at the machine and the settings, and says what to do about each problem. */
final class Doctor {
  private final Map<String, String> environment;

  Doctor(Map<String, String> environment) {
    this.environment = environment;
  }

  int examine(PrintStream out) {
    Settings.read(environment);
    out.println("ok");
    return 0;
  }
}
