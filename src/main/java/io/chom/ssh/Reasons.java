package io.chom.ssh;

import io.chom.ssh.HostUnreachable.Layer;
import java.io.EOFException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Turns what a library throws into a sentence that says what to do. */
final class Reasons {

  private Reasons() {}

  static HostUnreachable noAddress(String host, int port, @Nullable Throwable cause) {
    return new HostUnreachable(host, port, Layer.DNS,
        "The name " + host + " has no address. Check its spelling, or give an IP address.", cause);
  }

  static HostUnreachable slowLookUp(String host, int port, Deadline deadline) {
    return new HostUnreachable(host, port, Layer.DNS, "The name " + host + " was not resolved within "
        + deadline.limit().toMillis() + " ms. Check this machine's name servers, or give an IP address.", null);
  }

  static HostUnreachable unreachable(String host, int port, boolean reached, Deadline deadline, Exception e) {
    var where = host + ":" + port;
    var late = deadline.passed() || isTimeout(e);
    var limit = deadline.limit().toMillis() + " ms";
    if (!reached) {
      var why = late
          ? where + " did not answer within " + limit + ". Check the address, the port and firewalls between."
          : refused(e)
              ? where + " refuses connections: nothing listens on this port. Check that sshd runs there."
              : "Cannot reach " + where + ": " + e.getMessage();
      return new HostUnreachable(host, port, Layer.TCP, why, e);
    }
    var why = late
        ? where + " accepts connections but did not complete the SSH key exchange within " + limit + "."
        : isBroken(e)
            ? where + " accepts connections but hangs up before an SSH conversation. Check that sshd listens there"
                + " and does not block this panel."
            : where + " does not agree on SSH with this panel: " + e.getMessage();
    return new HostUnreachable(host, port, Layer.KEX, why, e);
  }

  static String rejected(SshTarget target) {
    return switch (target.credential()) {
      case SshCredential.Key key -> target.label() + " does not accept key " + key.id()
          + ". Check the user name, and that the public key is in its authorized_keys.";
      case SshCredential.Password password -> target.label()
          + " does not accept this password. Check the user name, and that sshd allows passwords for it.";
    };
  }

  static boolean isTimeout(Throwable e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (t instanceof SocketTimeoutException || t instanceof TimeoutException) {
        return true;
      }
    }
    return false;
  }

  /** The other side, or the network, ended the connection. */
  static boolean isBroken(Throwable e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      var text = String.valueOf(t.getMessage()).toLowerCase(Locale.ROOT);
      if (t instanceof SocketException || t instanceof EOFException || text.contains("broken transport")
          || text.contains("server closed connection") || text.contains("connection reset")) {
        return true;
      }
    }
    return false;
  }

  private static boolean refused(Throwable e) {
    return e instanceof ConnectException
        && String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT).contains("refused");
  }
}
