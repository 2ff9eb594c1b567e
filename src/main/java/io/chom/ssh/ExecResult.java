package io.chom.ssh;

import java.nio.charset.StandardCharsets;

/**
 * What a finished command left behind. There is no result without an exit code: a command whose end was not reported is
 * a {@link ConnectionLost}.
 *
 * @param truncated whether more was written than the limits keep
 */
public record ExecResult(int exitCode, byte[] stdout, byte[] stderr, boolean truncated) {

  public boolean ok() {
    return exitCode == 0;
  }

  public String out() {
    return new String(stdout, StandardCharsets.UTF_8);
  }

  public String err() {
    return new String(stderr, StandardCharsets.UTF_8);
  }
}
