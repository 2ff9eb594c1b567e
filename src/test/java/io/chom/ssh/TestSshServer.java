package io.chom.ssh;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.sshd.client.future.DefaultOpenFuture;
import org.apache.sshd.client.future.OpenFuture;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.channel.exception.SshChannelOpenException;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.common.session.ConnectionService;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.session.helpers.AbstractConnectionService;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.core.CoreModuleProperties;
import org.apache.sshd.server.Environment;
import org.apache.sshd.server.ExitCallback;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.channel.ChannelSessionFactory;
import org.apache.sshd.server.command.Command;

/** An SSH server inside the test that runs commands with sh, and remembers who came. */
public final class TestSshServer implements AutoCloseable {
  private final SshServer server = SshServer.setUpDefaultServer();
  private final List<SshKeyPair> allowed = new CopyOnWriteArrayList<>();
  public final AtomicInteger logins = new AtomicInteger();
  public final AtomicInteger attempts = new AtomicInteger();
  public final List<String> commands = new CopyOnWriteArrayList<>();
  private final List<Process> running = new CopyOnWriteArrayList<>();
  private volatile Map<String, String> environment = Map.of();
  private volatile List<String> forced = List.of();
  private KeyPair hostKey;

  public TestSshServer() {
    this(0, "ssh-ed25519");
  }

  public TestSshServer(int port, String... hostKeyTypes) {
    try {
      var keys = new ArrayList<KeyPair>();
      for (var type : hostKeyTypes) {
        keys.add(KeyUtils.generateKeyPair(type, type.equals("ssh-rsa") ? 2048 : 256));
      }
      hostKey = keys.getFirst();
      server.setHost("127.0.0.1");
      server.setPort(port);
      server.setKeyPairProvider(KeyPairProvider.wrap(keys));
      server.setPublickeyAuthenticator((user, key, session) -> {
        attempts.incrementAndGet();
        return allowed.stream().anyMatch(pair -> pair.fingerprint().equals(KeyUtils.getFingerPrint(key)));
      });
      server.setPasswordAuthenticator((user, password, session) -> {
        attempts.incrementAndGet();
        return password.equals("correct horse");
      });
      server.addSessionListener(new org.apache.sshd.common.session.SessionListener() {
        @Override
        public void sessionEvent(org.apache.sshd.common.session.Session session, Event event) {
          if (event == Event.Authenticated) {
            logins.incrementAndGet();
          }
        }
      });
      server.setCommandFactory((channel, command) -> {
        commands.add(command);
        return new Shell(command);
      });
      CoreModuleProperties.MAX_CONCURRENT_SESSIONS.set(server, 10_000);
      server.setChannelFactories(List.of(new AtMostTen()));
      server.start();
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  public TestSshServer allow(SshKeyPair pair) {
    allowed.add(pair);
    return this;
  }

  /** Takes a key out; who has logged in with it stays. */
  public void forbid(SshKeyPair pair) {
    allowed.remove(pair);
  }

  /** Every command runs this program instead, and finds its own text in SSH_ORIGINAL_COMMAND. */
  public TestSshServer force(List<String> program, Map<String, String> environment) {
    this.forced = program;
    this.environment = environment;
    return this;
  }

  public TestSshServer force(Path program, Map<String, String> environment) {
    return force(List.of(program.toString()), environment);
  }

  public int port() {
    return server.getPort();
  }

  public String fingerprint() {
    return KeyUtils.getFingerPrint(hostKey.getPublic());
  }

  public String hostKeyLine() {
    return PublicKeyEntry.toString(hostKey.getPublic());
  }

  public SshTarget target(SshKeyPair pair) {
    return target(pair, port());
  }

  public SshTarget target(SshKeyPair pair, int port) {
    return new SshTarget("127.0.0.1", port, "chom", new SshCredential.Key("test", pair.privateKey(), null),
        fingerprint());
  }

  /** Hangs up on everybody. */
  public void dropSessions() {
    server.getActiveSessions().forEach(session -> session.close(true));
  }

  /** Kills what runs for the connections, as the kernel does when memory is short. */
  public void killCommands() {
    running.forEach(Process::destroyForcibly);
  }

  public int sessions() {
    return server.getActiveSessions().size();
  }

  @Override
  public void close() throws IOException {
    server.stop(true);
  }

  /** Sessions on one connection, as OpenSSH limits them by default. */
  private static final class AtMostTen extends ChannelSessionFactory {
    @Override
    public org.apache.sshd.common.channel.Channel createChannel(Session session) {
      return new ChannelSession() {
        @Override
        public OpenFuture open(long recipient, long window, long packet, Buffer buffer) {
          var service = (AbstractConnectionService) session.getService(ConnectionService.class);
          if (service.getChannels().size() <= 10) {
            return super.open(recipient, window, packet, buffer);
          }
          service.unregisterChannel(this);
          var refused = new DefaultOpenFuture(this, null);
          refused.setException(new SshChannelOpenException(getChannelId(), SshConstants.SSH_OPEN_CONNECT_FAILED,
              "open failed"));
          return refused;
        }
      };
    }
  }

  private final class Shell implements Command {
    private final String text;
    private InputStream in;
    private OutputStream out;
    private OutputStream err;
    private ExitCallback exit;
    private Process process;

    Shell(String text) {
      this.text = text;
    }

    @Override
    public void setInputStream(InputStream stream) { in = stream; }

    @Override
    public void setOutputStream(OutputStream stream) { out = stream; }

    @Override
    public void setErrorStream(OutputStream stream) { err = stream; }

    @Override
    public void setExitCallback(ExitCallback callback) { exit = callback; }

    @Override
    public void start(ChannelSession channel, Environment env) throws IOException {
      if (text.equals("lose-exit-status")) {
        channel.close(false);
        return;
      }
      var builder = new ProcessBuilder(forced.isEmpty() ? List.of("/bin/sh", "-c", text) : forced);
      builder.environment().putAll(environment);
      builder.environment().put("SSH_ORIGINAL_COMMAND", text);
      process = builder.start();
      running.add(process);
      env.addSignalListener((source, signal) -> process.destroy(), org.apache.sshd.server.Signal.TERM);
      env.addSignalListener((source, signal) -> process.destroyForcibly(), org.apache.sshd.server.Signal.KILL);
      Thread.startVirtualThread(() -> copy(in, process.getOutputStream(), true));
      var stderr = Thread.startVirtualThread(() -> copy(process.getErrorStream(), err, false));
      Thread.startVirtualThread(() -> {
        copy(process.getInputStream(), out, false);
        try {
          stderr.join();
          exit.onExit(process.waitFor());
        } catch (InterruptedException e) {
          exit.onExit(255);
        }
      });
    }

    private static void copy(InputStream from, OutputStream to, boolean close) {
      var bytes = new byte[8192];
      try {
        for (int read; (read = from.read(bytes)) >= 0;) {
          to.write(bytes, 0, read);
          to.flush();
        }
      } catch (IOException e) {
        // one side is gone
      } finally {
        if (close) {
          try {
            to.close();
          } catch (IOException e) {
            // the process is gone
          }
        }
      }
    }

    @Override
    public void destroy(ChannelSession channel) {
      if (process != null) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
    }
  }
}
