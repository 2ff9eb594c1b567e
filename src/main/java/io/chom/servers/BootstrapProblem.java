package io.chom.servers;

import io.chom.operations.OperationRefused;
import io.chom.operations.OutcomeUnknown;

/** Puts what the bootstrap refused into a sentence that says what to do. */
final class BootstrapProblem {
  private BootstrapProblem() {}

  static RuntimeException of(BootstrapReport report) {
    var code = report.code();
    if (code == null) {
      return unexplained(report);
    }
    return new OperationRefused(known(code) ? code : "ENROLMENT_STEP_FAILED", sentence(code, report), null);
  }

  private static RuntimeException unexplained(BootstrapReport report) {
    if (report.step().equals("login")) {
      // not even the first step began: the shell or sudo refused to run it
      return new OperationRefused("SUDO_REFUSED", sentence("SUDO_REFUSED", report), null);
    }
    return new OutcomeUnknown("The installation stopped at step " + report.step() + " without a reason; it is repeated",
        null);
  }

  private static boolean known(String code) {
    return !sentence(code, null).isEmpty();
  }

  private static String sentence(String code, @org.jspecify.annotations.Nullable BootstrapReport report) {
    var detail = report == null ? "" : report.detail();
    return switch (code) {
      case "SUDO_MISSING" -> "This login is not root and the server has no sudo. Log in as root, or install sudo.";
      case "SUDO_PASSWORD_NEEDED" -> "sudo asks for a password there. Enter the sudo password as well.";
      case "SUDO_REFUSED" -> "sudo does not accept this login or its password. Enter a login that may run everything as"
          + " root, and its sudo password.";
      case "NOT_ROOT" -> "sudo did not lead to root there. Enter a login that may become root.";
      case "UNSUPPORTED_OS" -> "The server runs '" + detail
          + "'. CHOM manages Debian 12 and 13 and Ubuntu 22.04 and 24.04.";
      case "NO_SYSTEMD" ->
        "The server does not run systemd, which CHOM needs. Choose a virtual machine, not a container.";
      case "TOOLS_MISSING" -> "The server lacks:" + detail + ". Install bash 5 or newer and jq, then enrol it again.";
      case "PACKAGES_UNAVAILABLE" -> "The packages" + detail
          + " could not be installed. Check the server's package sources (apt-get update), then enrol it again.";
      case "PACKAGES_LOCKED" ->
        "Another installation has kept the server's package system busy for minutes. Wait for it,"
            + " then enrol the server again.";
      case "USER_TAKEN" -> "There is a user chom on the server that CHOM did not make. Rename or remove it first.";
      case "BUNDLE_DAMAGED" -> "The agent did not arrive as it was sent. Enrol the server again; if it happens again,"
          + " something on the way changes data.";
      case "NO_SPACE" ->
        "The server cannot store the agent. Check its free space (df -h) and that it is not read-only.";
      case "BAD_ROOT" -> "A rootless directory must be an absolute path of letters, digits and ._+-/";
      case "AGENT_DOES_NOT_START" -> "The agent does not start there. See the end of the operation's log.";
      case "SUDOERS_REJECTED" -> "The server's sudo refuses the panel's rule. See the end of the operation's log.";
      case "SUDOERS_IGNORED" -> "The server's sudo ignores /etc/sudoers.d. Add '@includedir /etc/sudoers.d' to"
          + " /etc/sudoers, then enrol it again.";
      default -> report == null
          ? ""
          : "Step '" + report.step() + "' did not work. See the end of the operation's log,"
              + " then enrol the server again.";
    };
  }
}
