package io.chom.testing;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Real Debian hosts for a test class: up before its first test, gone after its last one, and gone as well when this JVM
 * is killed. A machine that cannot run them fails the test and says what it lacks.
 *
 * <pre>{@code
 * @RegisterExtension
 * static final Rig rig = Rig.of(1).andBare(2);
 * }</pre>
 */
public final class Rig implements AutoCloseable, BeforeAllCallback, AfterAllCallback {

  // a base may have to be built first
  private static final Duration LIMIT = Duration.ofMinutes(20);
  private static final String DISK = "2G";
  private static final AtomicInteger COUNT = new AtomicInteger();
  private static final JsonMapper JSON = JsonMapper.shared();

  private final String name = freshName();
  private final int fullHosts;
  private final int bareHosts;
  private final String disk;
  private List<RigHost> full = List.of();
  private List<RigHost> bare = List.of();

  private Rig(int fullHosts, int bareHosts, String disk) {
    this.fullHosts = fullHosts;
    this.bareHosts = bareHosts;
    this.disk = disk;
  }

  /** Hosts with everything installed that a prepared server has. */
  public static Rig of(int fullHosts) {
    return new Rig(fullHosts, 0, DISK);
  }

  /** Hosts with what a fresh VPS has: systemd, OpenSSH, sudo. */
  public static Rig ofBare(int bareHosts) {
    return new Rig(0, bareHosts, DISK);
  }

  /** The same rig with hosts as a fresh VPS has them. */
  public Rig andBare(int hosts) {
    return new Rig(fullHosts, hosts, disk);
  }

  /** The same rig with room for much on every host, such as 6G; what is not written takes none. */
  public Rig withDisk(String size) {
    return new Rig(fullHosts, bareHosts, size);
  }

  /** Where a tar of WordPress is on this machine; it is made from Debian's packages the first time. */
  public static Path wordpress() {
    return Path.of(RigCommand.rig("chom", LIMIT, "wordpress").text().strip());
  }

  /** Brings the hosts up. As a JUnit extension this happens by itself. */
  public Rig start() {
    full = up(fullHosts);
    bare = up(bareHosts, "--bare");
    return this;
  }

  public RigHost full(int index) {
    return full.get(index);
  }

  public RigHost bare(int index) {
    return bare.get(index);
  }

  /** A certificate authority that knows nobody yet; answers where it is, as {@code rig acme up} prints it. */
  public JsonNode acmeUp() {
    return JSON.readTree(RigCommand.rig(name, LIMIT, "acme", "up").text());
  }

  public void acmeDown() {
    RigCommand.rig(name, LIMIT, "acme", "down").text();
  }

  @Override
  public void close() {
    RigCommand.rig(name, LIMIT, "down").text();
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    start();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    close();
  }

  private List<RigHost> up(int hosts, String... kind) {
    if (hosts == 0) {
      return List.of();
    }
    var owner = String.valueOf(ProcessHandle.current().pid());
    var arguments = new ArrayList<>(List.of("up", String.valueOf(hosts), "--owner", owner, "--disk", disk));
    arguments.addAll(List.of(kind));
    return RigCommand.rig(name, LIMIT, arguments.toArray(String[]::new)).text().lines()
        .map(line -> new RigHost(name, JSON.readTree(line)))
        .toList();
  }

  /** Letters only, and no other run of the machine has the same. */
  private static String freshName() {
    var number = ProcessHandle.current().pid() % 1_000_000 * 20 + COUNT.getAndIncrement() % 20;
    var letters = new StringBuilder("j");
    for (var rest = number; rest > 0; rest /= 26) {
      letters.append((char) ('a' + rest % 26));
    }
    return letters.append('x').toString();
  }
}
