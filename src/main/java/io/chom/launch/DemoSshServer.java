package io.chom.launch;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.time.Duration;
import java.util.List;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.writer.openssh.OpenSSHKeyPairResourceWriter;
import org.apache.sshd.common.digest.BuiltinDigests;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.common.util.security.SecurityUtils;
import org.apache.sshd.core.CoreModuleProperties;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.auth.UserAuthFactory;
import org.apache.sshd.server.auth.password.UserAuthPasswordFactory;
import org.apache.sshd.server.auth.pubkey.UserAuthPublicKeyFactory;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.command.Command;

/** An SSH server within the panel, on the loopback address, that behaves to the panel like any other server's. */
final class DemoSshServer implements AutoCloseable {
  private final SshServer server;
  private final String fingerprint;

  private DemoSshServer(SshServer server, String fingerprint) {
    this.server = server;
    this.fingerprint = fingerprint;
  }

  /** @param port 0 for any */
  static DemoSshServer start(Path hostKeyFile, int port, DemoHost host, DemoLogins logins) throws IOException {
    KeyPair hostKey = hostKey(hostKeyFile);
    var server = SshServer.setUpDefaultServer();
    server.setHost(Ports.loopback().getHostAddress());
    server.setPort(port);
    server.setKeyPairProvider(KeyPairProvider.wrap(hostKey));
    server.setPasswordAuthenticator(logins);
    server.setPublickeyAuthenticator(logins);
    server.setUserAuthFactories(
        List.<UserAuthFactory>of(UserAuthPublicKeyFactory.INSTANCE, UserAuthPasswordFactory.INSTANCE));
    server.setCommandFactory((channel, asked) -> command(host, channel, asked));
    server.setShellFactory(null);
    // the gateway's channel may be silent for hours; the panel's keep-alive says when a connection is dead
    CoreModuleProperties.IDLE_TIMEOUT.set(server, Duration.ZERO);
    CoreModuleProperties.NIO2_READ_TIMEOUT.set(server, Duration.ZERO);
    CoreModuleProperties.TCP_NODELAY.set(server, true);
    server.start();
    return new DemoSshServer(server, KeyUtils.getFingerPrint(BuiltinDigests.sha256, hostKey.getPublic()));
  }

  private static Command command(DemoHost host, ChannelSession channel, String asked) throws IOException {
    var permitted = DemoLogins.permitted(channel.getServerSession(), asked)
        .orElseThrow(() -> new IOException("This session may run nothing"));
    return new DemoCommand(host.shell(permitted.line(), permitted.original()));
  }

  private static KeyPair hostKey(Path file) throws IOException {
    try {
      if (Files.notExists(file)) {
        var written = new ByteArrayOutputStream();
        OpenSSHKeyPairResourceWriter.INSTANCE.writePrivateKey(
            KeyUtils.generateKeyPair(KeyPairProvider.SSH_ED25519, 256),
            "CHOM demo server", null, written);
        DataDirectory.write(file, written.toString(StandardCharsets.US_ASCII));
      }
      try (var kept = new ByteArrayInputStream(Files.readAllBytes(file))) {
        return SecurityUtils.loadKeyPairIdentities(null, null, kept, null).iterator().next();
      }
    } catch (GeneralSecurityException e) {
      throw new IOException("The demo server's host key " + file + " cannot be read: delete it to make another", e);
    }
  }

  int port() {
    return server.getPort();
  }

  /** {@code SHA256:…}, as a person would compare it. */
  String fingerprint() {
    return fingerprint;
  }

  @Override
  public void close() throws IOException {
    server.stop(true);
  }
}
