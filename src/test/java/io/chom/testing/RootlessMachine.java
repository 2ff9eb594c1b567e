package io.chom.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.apache.sshd.common.AttributeRepository.AttributeKey;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.core.CoreModuleProperties;
import org.apache.sshd.server.Environment;
import org.apache.sshd.server.ExitCallback;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.command.Command;

/**
 * A new server inside the test: an SSH server over one directory, with a login by password and, as on any server, by the
 * keys in {@code .ssh/authorized_keys} with their forced commands. Commands run by a real shell.
 */
public final class RootlessMachine implements AutoCloseable {
  public static final String USER = "demo";
  public static final String PASSWORD = "correct horse 'battery' $staple";
  private static final AttributeKey<String> FORCED = new AttributeKey<>();
  private static final Pattern KEY_LINE = Pattern
      .compile("(?:restrict,)?(?:command=\"([^\"]*)\" )?((?:ssh|ecdsa)-\\S+ \\S+).*");

  private static final RandomGenerator RANDOM = new SecureRandom();

  /** Where the machine goes silent or refuses. */
  public enum Fault {
    NONE, LOGIN_SILENT, COMMAND_SILENT, COMMAND_BREAKS, KEYS_REFUSED, NEW_KEYS_REFUSED
  }

  /** An address of its own, so that no two machines of a run are the same one to the fleet. */
  private final String host = "127." + RANDOM.nextInt(1, 255) + "." + RANDOM.nextInt(256) + "."
      + RANDOM.nextInt(1, 255);
  private final Path home;
  private final SshServer server = SshServer.setUpDefaultServer();
  private final List<String> commands = new CopyOnWriteArrayList<>();
  private final List<String> logins = new CopyOnWriteArrayList<>();
  private final Set<String> opened = ConcurrentHashMap.newKeySet();
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile Fault fault = Fault.NONE;
  private volatile KeyPair hostKey = newKey();

  public RootlessMachine(Path home) {
    this.home = home;
    server.setHost(host);
    server.setPort(0);
    server.setKeyPairProvider(session -> List.of(hostKey));
    server.setPasswordAuthenticator((user, password, session) -> {
      logins.add("password " + user);
      silentIf(Fault.LOGIN_SILENT);
      return user.equals(USER) && password.equals(PASSWORD);
    });
    server.setPublickeyAuthenticator((user, key, session) -> {
      logins.add("key " + user);
      var forced = forcedCommand(key);
      forced.ifPresent(command -> session.setAttribute(FORCED, command));
      var opens = user.equals(USER) && forced.isPresent() && fault != Fault.KEYS_REFUSED
          && (fault != Fault.NEW_KEYS_REFUSED || opened.contains(PublicKeyEntry.toString(key)));
      if (opens) {
        opened.add(PublicKeyEntry.toString(key));
      }
      return opens;
    });
    server.setCommandFactory((channel, command) -> {
      commands.add(command);
      return new Shell(command, channel.getSession().getAttribute(FORCED));
    });
    CoreModuleProperties.MAX_CONCURRENT_SESSIONS.set(server, 1_000);
    try {
      server.start();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  public String host() {
    return host;
  }

  public int port() {
    return server.getPort();
  }

  public Path home() {
    return home;
  }

  public String fingerprint() {
    return KeyUtils.getFingerPrint(hostKey.getPublic());
  }

  /** The commands anybody sent. */
  public List<String> commands() {
    return List.copyOf(commands);
  }

  public List<String> logins() {
    return List.copyOf(logins);
  }

  public void suffer(Fault wanted) {
    fault = wanted;
  }

  /** As after a new installation, or with somebody in between. */
  public String changeHostKey() {
    hostKey = newKey();
    hangUp();
    return fingerprint();
  }

  public void hostKey(KeyPair key) {
    hostKey = key;
    hangUp();
  }

  public KeyPair hostKey() {
    return hostKey;
  }

  public void hangUp() {
    server.getActiveSessions().forEach(session -> session.close(true));
  }

  public void powerOff() {
    try {
      closed.countDown();
      server.stop(true);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    awaitGateways();
  }

  /** They write for a moment after their channel is gone, and whoever deletes the directory must not meet them. */
  private void awaitGateways() {
    var end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (ProcessHandle.allProcesses().anyMatch(this::isGatewayOfThis) && System.nanoTime() < end) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }

  private boolean isGatewayOfThis(ProcessHandle process) {
    var of = Path.of("/proc", String.valueOf(process.pid()));
    try {
      return List.of(Files.readString(of.resolve("cmdline"), ISO_8859_1).split("\0")).contains("gateway")
          && List.of(Files.readString(of.resolve("environ"), ISO_8859_1).split("\0"))
              .contains("VPSMANAGER_ROOT=" + home);
    } catch (IOException e) {
      // it has just ended, or is somebody else's
      return false;
    }
  }

  @Override
  public void close() {
    powerOff();
  }

  private Optional<String> forcedCommand(PublicKey key) {
    var wanted = PublicKeyEntry.toString(key);
    try {
      return Files.readAllLines(home.resolve(".ssh/authorized_keys")).stream().map(KEY_LINE::matcher)
          .filter(line -> line.matches() && line.group(2).equals(wanted))
          .map(line -> line.group(1) == null ? "" : line.group(1)).findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private void silentIf(Fault wanted) {
    if (fault == wanted) {
      try {
        closed.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static KeyPair newKey() {
    try {
      return KeyUtils.generateKeyPair(KeyPairProvider.SSH_ED25519, 256);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private final class Shell implements Command {
    private final String text;
    private final String forced;
    private InputStream in = InputStream.nullInputStream();
    private OutputStream out = OutputStream.nullOutputStream();
    private OutputStream err = OutputStream.nullOutputStream();
    private ExitCallback exit = (code, message, immediately) -> {};
    private Process process;

    Shell(String text, String forced) {
      this.text = text;
      this.forced = forced;
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
      if (fault == Fault.COMMAND_SILENT) {
        return;
      }
      var command = forced == null || forced.isEmpty() ? text : forced;
      var builder = new ProcessBuilder("/bin/sh", "-c", command).directory(home.toFile());
      builder.environment().put("HOME", home.toString());
      builder.environment().put("VPSMANAGER_ROOT", home.toString());
      builder.environment().put("SSH_ORIGINAL_COMMAND", text);
      process = builder.start();
      Thread.startVirtualThread(() -> copy(in, process.getOutputStream()));
      var stderr = Thread.startVirtualThread(() -> copy(process.getErrorStream(), err));
      if (fault == Fault.COMMAND_BREAKS) {
        fault = Fault.NONE;
        channel.getSession().close(true);
        return;
      }
      Thread.startVirtualThread(() -> {
        copy(process.getInputStream(), out);
        try {
          stderr.join();
          exit.onExit(process.waitFor());
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      });
    }

    private void copy(InputStream from, OutputStream to) {
      var bytes = new byte[8192];
      try (var target = to == out || to == err ? OutputStream.nullOutputStream() : to) {
        for (int read = from.read(bytes); read >= 0; read = from.read(bytes)) {
          to.write(bytes, 0, read);
          to.flush();
        }
        target.flush();
      } catch (IOException e) {
        // one side is gone
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
