package io.chom.launch;

import io.chom.servers.FleetNotice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * A server to try the panel on, although there is none: an SSH server in this process, behind which the real agent works
 * in one directory. It is there before the workers, who may have operations to take up again, and goes after them.
 */
@Component
@ConditionalOnBooleanProperty("chom.demo.enabled")

final class DemoServer implements SmartLifecycle, FleetNotice {
  static final String USER = "demo";
  private static final Logger LOG = LoggerFactory.getLogger(DemoServer.class);

  private final DemoProperties settings;
  private final DemoLogins logins;
  private @Nullable DemoHost host;
  private @Nullable DemoSshServer ssh;
  private @Nullable DemoSites sites;
  private volatile @Nullable String notice;

  DemoServer(DemoProperties settings) {
    this.settings = settings;
    this.logins = new DemoLogins(place("root/home/.ssh/authorized_keys"));
  }

  private Path place(String name) {
    return settings.directory().toAbsolutePath().normalize().resolve("demo-server").resolve(name);
  }

  @Override
  public synchronized void start() {
    notice = DemoHost.missing().orElse(null);
    if (notice == null) {
      try {
        open();
      } catch (IOException e) {
        notice = "The demo server could not start: " + e.getMessage();
        close();
      }
    }
    if (notice != null) {
      LOG.warn(notice);
    }
  }

  private void open() throws IOException {
    DataDirectory.makePrivate(place(""));
    Files.createDirectories(place("root"));
    int httpPort = remembered("http.port", settings.httpPort());
    boolean nginx = Child.found("nginx");
    if (!Ports.free(Ports.loopback(), httpPort) && !leftBehind(nginx)) {
      httpPort = Ports.another();
    }
    DataDirectory.write(place("http.port"), httpPort + "\n");
    var opened = new DemoHost(place("root").toRealPath(), httpPort);
    opened.prepare();
    host = opened;
    int port = remembered("ssh.port", 0);
    if (port != 0 && !Ports.free(Ports.loopback(), port)) {
      throw new IOException(
          "port " + port + " of 127.0.0.1, under which the fleet knows it, is taken by another program:"
              + " end that program and start CHOM again");
    }
    var started = DemoSshServer.start(place("host_key"), port, opened, logins);
    ssh = started;
    DataDirectory.write(place("ssh.port"), started.port() + "\n");
    if (!nginx) {
      sites = DemoSites.start(opened, httpPort);
    }
  }

  // the web server of a panel that was killed still has the port, and the agent will go on with it
  private boolean leftBehind(boolean nginx) throws IOException {
    return nginx && new DemoHost(place("root").toRealPath(), 0).processes().stream()
        .anyMatch(process -> Child.commandLine(process.pid()).contains("nginx"));
  }

  private int remembered(String name, int first) throws IOException {
    Path file = place(name);
    return Files.exists(file) ? Integer.parseInt(Files.readString(file).strip()) : first;
  }

  /** The server's SSH side while it runs. */
  synchronized Optional<DemoSshServer> ssh() {
    return Optional.ofNullable(ssh);
  }

  String issuePassword() {
    return logins.issuePassword();
  }

  @Override
  public Optional<String> notice() {
    return Optional.ofNullable(notice);
  }

  void tell(String sentence) {
    notice = sentence;
  }

  @Override
  public synchronized void stop() {
    close();
  }

  private void close() {
    if (ssh != null) {
      try {
        ssh.close();
      } catch (IOException e) {
        LOG.debug("The demo server's SSH side did not close in order", e);
      }
      ssh = null;
    }
    if (sites != null) {
      sites.close();
      sites = null;
    }
    if (host != null) {
      host.stop();
      host = null;
    }
  }

  @Override
  public synchronized boolean isRunning() { return host != null; }

  @Override
  public int getPhase() { return -1000; }
}
