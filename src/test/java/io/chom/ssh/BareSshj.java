package io.chom.ssh;

import java.io.IOException;
import net.schmizz.sshj.SSHClient;
import net.schmizz.sshj.transport.verification.PromiscuousVerifier;

/** sshj as its manual shows it, but without Nagle: the measure for what the pool costs. */
public final class BareSshj implements AutoCloseable {
  private final SSHClient client = new SSHClient(new SshjConfig());

  public BareSshj(SshTarget target) throws IOException {
    client.setSocketFactory(new javax.net.SocketFactory() {
      @Override
      public java.net.Socket createSocket() throws IOException {
        var socket = new java.net.Socket();
        socket.setTcpNoDelay(true);
        return socket;
      }

      @Override
      public java.net.Socket createSocket(String host, int port) {
        throw new UnsupportedOperationException();
      }

      @Override
      public java.net.Socket createSocket(String host, int port, java.net.InetAddress local, int localPort) {
        throw new UnsupportedOperationException();
      }

      @Override
      public java.net.Socket createSocket(java.net.InetAddress host, int port) {
        throw new UnsupportedOperationException();
      }

      @Override
      public java.net.Socket createSocket(java.net.InetAddress host, int port, java.net.InetAddress local,
          int localPort) {
        throw new UnsupportedOperationException();
      }
    });
    client.addHostKeyVerifier(new PromiscuousVerifier());
    client.connect(target.host(), target.port());
    client.auth(target.user(), SshjCredentials.methods(client, target.credential()));
  }

  public int exec(String command) throws IOException {
    try (var session = client.startSession()) {
      var running = session.exec(command);
      running.getInputStream().readAllBytes();
      running.getErrorStream().readAllBytes();
      running.close();
      return running.getExitStatus();
    }
  }

  @Override
  public void close() throws IOException {
    client.disconnect();
  }
}
