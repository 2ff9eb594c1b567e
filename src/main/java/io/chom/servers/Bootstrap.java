package io.chom.servers;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The one program enrolment runs on a server. The command line is constant; everything else travels on standard input:
 * the answer to sudo, the script with its values, and the agent's bundle.
 */
final class Bootstrap {
  private static final String MARK = "chom:script";
  /**
   * Throws away lines up to the mark, so that an answer sudo did not ask for is never run, then reads exactly the
   * script (a shell that read it from standard input would read ahead into the bundle).
   */
  private static final String INNER = "while IFS= read -r line; do [ \"$line\" = " + MARK + " ] && break; done;"
      + " IFS= read -r size; script=$(head -c \"$size\"); eval \"$script\"";
  /** Becomes root if need be; what a rootless host is, it says itself. */
  private static final String OUTER = "IFS= read -r secret; inner=" + Posix.quote(INNER) + ";"
      + " if [ -n \"${VPSMANAGER_ROOT-}\" ] || [ -e \"${HOME-/nonexistent}/.chom-rootless\" ]"
      + " || [ \"$(id -u)\" = 0 ]; then exec sh -c \"$inner\"; fi;"
      + " command -v sudo >/dev/null || { echo chom:refused login SUDO_MISSING; exit 70; };"
      + " if sudo -n true 2>/dev/null; then exec sudo -n sh -c \"$inner\"; fi;"
      + " [ -n \"$secret\" ] || { echo chom:refused login SUDO_PASSWORD_NEEDED; exit 70; };"
      // once and alone: were it wrong, sudo would take the lines after it for further tries
      + " printf \"%s\\n\" \"$secret\" | sudo -S -p \"\" -v || { echo chom:refused login SUDO_REFUSED; exit 70; };"
      + " { printf \"%s\\n\" \"$secret\"; cat; } | sudo -S -p \"\" sh -c \"$inner\"";
  static final String COMMAND = "exec sh -c " + Posix.quote(OUTER);

  private final String script;
  private final byte[] bundle;

  Bootstrap(AgentBundle bundle, String publicKey, String policy) {
    var values = new LinkedHashMap<String, String>();
    values.put("bundle_id", bundle.id());
    values.put("bundle_bytes", String.valueOf(bundle.archive().length));
    values.put("bundle_sha256", bundle.sha256());
    values.put("signing_key", bundle.signingKey());
    values.put("public_key", publicKey);
    values.put("policy", policy);
    this.bundle = bundle.archive();
    this.script = script(values);
  }

  private static String script(Map<String, String> values) {
    var steps = BootstrapStep.values();
    return values.entrySet().stream().map(value -> value.getKey() + "=" + Posix.quote(value.getValue()) + "\n")
        .collect(Collectors.joining()) + BootstrapStep.prelude()
        + Arrays.stream(steps).map(BootstrapStep::script).collect(Collectors.joining("\n"))
        + Arrays.stream(steps).map(step -> "run " + step.word() + "\n").collect(Collectors.joining())
        + "tell 'end all'\n";
  }

  /** What the command reads. Holds the answer to sudo: for nobody but the server. */
  byte[] input(String answerToSudo) {
    if (answerToSudo.chars().anyMatch(c -> c < ' ')) {
      throw new IllegalArgumentException("The answer to sudo is one line");
    }
    var code = script.getBytes(StandardCharsets.UTF_8);
    var input = new ByteArrayOutputStream(code.length + bundle.length + 256);
    input.writeBytes((answerToSudo + "\n" + MARK + "\n" + code.length + "\n").getBytes(StandardCharsets.UTF_8));
    input.writeBytes(code);
    input.writeBytes(bundle);
    return input.toByteArray();
  }
}
