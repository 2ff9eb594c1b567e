package io.chom.ssh;

import io.chom.ssh.HostUnreachable.Layer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.SocketFactory;
import net.schmizz.keepalive.KeepAliveRunner;
import net.schmizz.sshj.SSHClient;
import net.schmizz.sshj.userauth.UserAuthException;

/** Reaches servers with sshj. */
final class SshjLibrary implements SshLibrary {
  private final SshjConfig config = new SshjConfig();
  private final SshProperties properties;
  private final Watch watch;

  SshjLibrary(SshProperties properties, Watch watch) {
    this.properties = properties;
    this.watch = watch;
  }

  @Override
  public Link connect(SshTarget target) {
    // a bad key must not cost a connection, nor a failed login on the server's books
    var methods = SshjCredentials.methods(new SSHClient(config), target.credential());
    var shown = new ShownKey(target.hostKey(), target.hostKeyAlgorithm());
    var dialled = dial(target.host(), target.port(), shown, Deadline.in(properties.connectTimeout()));
    var limit = watch.after(properties.authTimeout(), dialled::hangUp);
    try {
      dialled.client.getTransport().setTimeoutMs(millis(properties.authTimeout()));
      dialled.client.auth(target.user(), methods);
      dialled.client.getConnection().setTimeoutMs(millis(properties.openTimeout()));
      return new SshjLink(target.label(), dialled.client, dialled.socket(), watch);
    } catch (IOException | RuntimeException e) {
      dialled.hangUp();
      throw refused(target, e);
    } finally {
      limit.cancel(false);
    }
  }

  @Override
  public HostKey scan(String host, int port, Deadline deadline) {
    var shown = new ShownKey(null, null);
    var dialled = dial(host, port, shown, deadline);
    dialled.hangUp();
    var key = shown.offered();
    if (key == null) {
      throw new HostUnreachable(host, port, Layer.KEX, host + ":" + port + " showed no host key", null);
    }
    return key;
  }

  private Dialled dial(String host, int port, ShownKey shown, Deadline deadline) {
    HostUnreachable last = null;
    var addresses = addresses(host, port);
    if (deadline.passed()) {
      throw Reasons.slowLookUp(host, port, deadline);
    }
    for (var address : addresses) {
      var dialled = new Dialled(client(shown));
      var limit = watch.after(Duration.ofNanos(deadline.left()), dialled::hangUp);
      try {
        dialled.client.setConnectTimeout(Math.max(1, millis(Duration.ofNanos(deadline.left()))));
        dialled.client.connect(address, port);
        return dialled;
      } catch (IOException | RuntimeException e) {
        dialled.hangUp();
        var wrong = shown.wrong();
        if (wrong != null) {
          throw new HostKeyRejected(host, String.valueOf(shown.pinned()), wrong, e);
        }
        last = Reasons.unreachable(host, port, dialled.reached(), deadline, e);
        if (last.layer() == Layer.KEX || deadline.passed()) {
          throw last;
        }
      } finally {
        limit.cancel(false);
      }
    }
    throw last != null ? last : Reasons.noAddress(host, port, null);
  }

  /** With the name kept inside, or sshj would look it up backwards. */
  private static List<InetAddress> addresses(String host, int port) {
    try {
      var named = new ArrayList<InetAddress>();
      for (var address : InetAddress.getAllByName(host)) {
        named.add(InetAddress.getByAddress(host, address.getAddress()));
      }
      return named;
    } catch (UnknownHostException e) {
      throw Reasons.noAddress(host, port, e);
    }
  }

  private SSHClient client(ShownKey shown) {
    var client = new SSHClient(config);
    client.addHostKeyVerifier(shown);
    client.getTransport().setTimeoutMs(millis(properties.connectTimeout()));
    // before connect: sshj starts the thread there, or never
    if (client.getConnection().getKeepAlive() instanceof KeepAliveRunner keepAlive) {
      keepAlive.setKeepAliveInterval((int) Math.max(1, properties.keepAlive().toSeconds()));
      keepAlive.setMaxAliveCount(3);
    }
    return client;
  }

  private SshException refused(SshTarget target, Exception e) {
    if (e instanceof UserAuthException && !Reasons.isTimeout(e) && !Reasons.isBroken(e)) {
      return new AuthenticationRejected(target.label(), Reasons.rejected(target), e);
    }
    var why = Reasons.isTimeout(e)
        ? "the login was not answered within " + properties.authTimeout().toMillis() + " ms"
        : "it hung up during the login: " + e.getMessage();
    return new ConnectionLost(target.label(), true, why, e);
  }

  private static int millis(Duration duration) {
    return (int) Math.min(Integer.MAX_VALUE, duration.toMillis());
  }

  /** A client and the socket under it. */
  private static final class Dialled extends SocketFactory {
    private final SSHClient client;
    private final WatchedSocket socket;

    Dialled(SSHClient client) {
      try {
        this.socket = new WatchedSocket();
      } catch (SocketException e) {
        throw new IllegalStateException("This machine gives out no more sockets", e);
      }
      this.client = client;
      client.setSocketFactory(this);
    }

    WatchedSocket socket() {
      return socket;
    }

    boolean reached() {
      return socket.isConnected();
    }

    /** The raw socket first: sshj's own disconnect can wait behind a stuck writer. */
    void hangUp() {
      try {
        socket.close();
      } catch (IOException e) {
        // it is closed then
      }
      // ends sshj's keep-alive thread, which it leaves behind where the key exchange failed
      client.getConnection().getKeepAlive().interrupt();
    }

    @Override
    public Socket createSocket() {
      return socket;
    }

    @Override
    public Socket createSocket(String host, int port) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) {
      throw new UnsupportedOperationException();
    }
  }
}
