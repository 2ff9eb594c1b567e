package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.agent.AgentBench;
import io.chom.ssh.SshCredential;
import io.chom.ssh.SshKeyPair;
import io.chom.ssh.SshKeys;
import io.chom.ssh.SshTarget;
import io.chom.testing.Rig;
import io.chom.testing.RigHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/**
 * Every fault of the rig under every command of the agent. Each command is in the middle of its work when the fault
 * strikes; within four keep-alives and a second the panel shows what is true and which layer failed, nothing waits for
 * ever, and after the fault each operation ends as its journal says. The table is in {@code target/fault-matrix.md}.
 */
@Tag("acceptance")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FaultMatrixAcceptanceIT {
  private static final Duration KEEP_ALIVE = Duration.ofSeconds(4);
  private static final Duration BOUND = KEEP_ALIVE.multipliedBy(4).plusSeconds(1);
  private static final Duration RECOVERY = Duration.ofMinutes(5);
  private static final String TENANT = "00000000-0000-7000-8000-0000000000a1";
  private static final SshKeyPair READER = SshKeys.generate("reader");
  private static final String OLDER = "0123456789abcdef";
  /** The panel has one change of a server as such at a time, so each gets its fault on its own. */
  static final Set<String> ONE_AT_A_TIME = Set.of("access:rotate", "agent:upgrade", "access:revoke");
  /** It answers an upgrade that went wrong, which a fault of the rig does not make it do. */
  static final Set<String> NOT_HERE = Set.of("agent:rollback");
  /** All that are struck together, each in the middle of its work. Those of backups are in {@link BackupFaults}. */
  static final Set<String> STRUCK = Set.of("site:create", "site:disable", "site:enable", "site:delete", "site:restore",
      "ssl:issue", "ssl:renew", "database:create", "database:drop", "server:prepare", "depot:create", "depot:remove");
  /** All that only look; those of backups read what restic reads anyway. */
  static final Set<String> ASKED = Set.of("monitor:health", "monitor:stats", "monitor:scrape", "state:export",
      "site:list",
      "database:list", "site:info", "ssl:status", "operation:status", "operation:attach", "operation:cancel",
      "operation:ack", "target:check");

  /** @param layers what may be named while it lasts; none where the server can still be heard */
  private record Expected(Set<String> layers) {
    boolean silent() {
      return !layers.isEmpty();
    }
  }

  enum Fault {
    LINK_DOWN("TCP"), FROZEN("TCP", "KEX"), POWER_CUT("TCP"), PORT_BLOCKED("TCP"), ALL_PACKETS_LOST("TCP"), SSH_STOPPED(
        "TCP"), OTHER_HOST_KEY("TCP", "HOST_KEY"), SESSIONS_KILLED, REBOOT, SOME_PACKETS_LOST, SLOW_LINK, DISK_FULL;

    private final Expected expected;

    Fault(String... layers) {
      expected = new Expected(Set.of(layers));
    }
  }

  @RegisterExtension
  static final Rig rig = Rig.of(2);
  @TempDir
  static Path directory;

  private final Map<String, Map<Fault, String>> table = new LinkedHashMap<>();
  private final Set<String> promised = new LinkedHashSet<>();
  private final List<String> wrong = new ArrayList<>();
  private ChaosWorld world;
  private RigHost host;
  private String server;
  private String certified;
  private int names;

  @BeforeAll
  void enrolTheHost() throws Exception {
    host = rig.full(0);
    var acme = rig.acmeUp();
    world = new ChaosWorld(directory, "--chom.ssh.keep-alive=" + KEEP_ALIVE.toSeconds() + "s",
        "--chom.agent.quiet=" + KEEP_ALIVE.multipliedBy(2).toSeconds() + "s",
        "--chom.agent.ping-timeout=" + KEEP_ALIVE.toSeconds() + "s", "--chom.servers.probe-every=2s",
        "--chom.servers.probe-limit=6s", "--chom.worker.per-server=16",
        "--chom.acme.directory=" + acme.path("directory").asString(), "--chom.acme.email=ops@example.org",
        "--chom.acme.ca-bundle=" + acme.path("ca_bundle").asString(), "--chom.acme.name-server=" + acme.path("dns")
            .asString());
    world.tenant(TENANT);
    world.enrol(List.of(host));
    server = world.server(host);
    var made = create();
    settle();
    certified = made.path("id").asString();
    change("POST", "/sites/" + certified + "/certificates", Map.of());
    settle();
    host.sh("echo 'restrict,command=\"/opt/vpsmanager/bin/entry\" " + READER.publicKey()
        + "' >>$(getent passwd chom | cut -d: -f6)/.ssh/authorized_keys");
  }

  @AfterAll
  void stop() throws Exception {
    print();
    world.close();
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void whatChangesAServerItselfIsShownTrulyAndEnds(Fault fault) throws Exception {
    wrong.clear();
    host = rig.full(1);
    world.enrol(List.of(host));
    server = world.server(host);

    var rotation = struck(fault, "access:rotate", () -> onServer("rotate-key", Map.of()));
    PanelProcess.await("the server to be in service", () -> status().equals("READY"));
    oneKeyOpens(end(rotation));

    anOlderAgent();
    var upgrade = struck(fault, "agent:upgrade", () -> onServer("upgrade", Map.of()));
    PanelProcess.await("the server to be in service", () -> status().equals("READY"));
    theAgentIsWhatTheUpgradeSays(end(upgrade));

    var leaving = struck(fault, "access:revoke", this::decommission);
    if (!end(leaving).equals("SUCCEEDED")) {
      // it stays, and says so; whoever asked decides, and asks again
      PanelProcess.await("it to stay", () -> status().equals("MAINTENANCE"));
      decommission();
    }
    PanelProcess.await("it to have left", () -> status().equals("DECOMMISSIONED"));
    assertThat(keys()).isZero();
    assertThat(host.exec("test", "-e", "/opt/vpsmanager").ok()).isFalse();
    assertThat(wrong).isEmpty();
  }

  /** One change of the server, struck in the middle; answers its operation, which has ended. */
  private String struck(Fault fault, String command, Supplier<String> begun) throws Exception {
    hold();
    String operation;
    try {
      operation = begun.get();
      PanelProcess.await("the host to work on " + command + " " + operation,
          () -> command.equals("access:rotate")
              ? rotates()
              : host.exec("grep", "-qx", "RUNNING", journal(operation))
                  .ok());
      var struck = Instant.now();
      strike(fault);
      shows(fault, command, operation, struck);
      if (fault == Fault.DISK_FULL) {
        host.exec("systemctl", "stop", "holder");
        if (!command.equals("access:rotate")) {
          // the steps of an exchange have ids of their own
          goesOn(fault, command, operation);
        }
      }
    } finally {
      lift(fault);
    }
    PanelProcess.await("the end of " + command, () -> !end(operation).matches("QUEUED|RUNNING|CANCELLING"));
    note(command + ", its end", fault, end(operation) + " " + shown(operation).path("error").path("code").asString(""));
    return operation;
  }

  private String decommission() {
    return onServer("decommission", Map.of("name", host.name(), "removeAgent", true));
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void whatIsShownIsTrueAndInTime(Fault fault) throws Exception {
    wrong.clear();
    host = rig.full(0);
    server = world.server(host);
    var subjects = prepare();
    hold();
    try (var reader = reader()) {
      reader.ping();
      var under = begin(subjects);
      under.forEach((command, operation) -> PanelProcess.await("the host to work on " + command + " " + operation,
          () -> host.exec("grep", "-qx", "RUNNING", journal(operation)).ok()));
      var struck = Instant.now();
      strike(fault);
      var reads = read(reader);
      assertThat(under.keySet()).isEqualTo(STRUCK);
      assertThat(reads.keySet()).containsAll(ASKED);
      var late = fault.expected.silent() ? late(subjects) : Map.<String, String>of();
      under.forEach((command, operation) -> shows(fault, command, operation, struck));
      late.forEach((command, operation) -> shows(fault, command, operation, struck));
      if (fault.expected.silent()) {
        await(fault, "the server's page", struck, () -> fault.expected.layers().contains(layerOfServer()));
        note("(server's page)", fault, layerOfServer() + " after " + seconds(struck) + " s");
      }
      reads.forEach((command, said) -> note(command, fault, said.join()));
      if (fault == Fault.DISK_FULL) {
        // they meet the full disk only when they go on
        host.exec("systemctl", "stop", "holder");
        await(fault, "the server's page", Instant.now(), this::diskIsFull);
        under.forEach((command, operation) -> goesOn(fault, command, operation));
      }
    } finally {
      lift(fault);
    }
    settle();
    try (var connection = world.connect()) {
      wrong.addAll(new ChaosChecker(List.of(host)).violations(connection, promised));
    }
    assertThat(wrong).isEmpty();
  }

  private record Subjects(String open, String closed, String doomed, String late, String wanting, String database,
      String retained, String plain, String depot) {}

  /** Sites open, closed, to be deleted, deleted and retained, with a database and without a certificate. */
  private Subjects prepare() throws Exception {
    var sites = new ArrayList<String>();
    settle();
    for (int i = 0; i < 8; i++) {
      var made = create();
      promised.add(operation(made));
      sites.add(made.path("id").asString());
    }
    settle();
    promised.add(operation(change("POST", "/sites/" + sites.get(1) + "/disable")));
    promised.add(operation(change("DELETE", "/sites/" + sites.get(6))));
    var database = change("POST", "/sites/" + sites.get(5) + "/databases", Map.of("name", "shop"));
    var depot = depot().path("target").path("id").asString();
    settle();
    return new Subjects(sites.get(0), sites.get(1), sites.get(2), sites.get(3), sites.get(4),
        sites.get(5) + "/databases/" + database.path("id").asString(), sites.get(6), sites.get(7),
        "/backup-targets/" + depot);
  }

  /** An account for backups of other servers. */
  private JsonNode depot() {
    return change("POST", "/backup-targets", Map.of("name", "depot " + names, "kind", "server", "on", server));
  }

  /** The server runs another version than the panel ships, and the panel has seen it. */
  private void anOlderAgent() {
    host.sh("cd /opt/vpsmanager && if [ \"$(readlink current)\" != releases/" + OLDER + " ]; then rm -rf releases/"
        + OLDER + " && cp -a \"$(readlink current)\" releases/" + OLDER + " && ln -sfn releases/" + OLDER
        + " next && mv -T next current; fi");
    killSessions();
    PanelProcess.await("the panel to notice the other version", () -> world.ask("GET", "/servers/" + server, null,
        server).body().path("upgradeAvailable").asBoolean() && status().equals("READY"));
  }

  private boolean rotates() {
    return host.exec("bash", "-c", "cd /var/lib/vpsmanager/operations && for request in $(grep -ls access:rotate"
        + " */request); do if grep -qx RUNNING \"${request%/*}/state\"; then exit 0; fi; done; exit 1").ok();
  }

  private void oneKeyOpens(String rotated) {
    if (keys() < 1 || keys() > 1 && rotated.equals("SUCCEEDED")) {
      wrong.add("the exchange of the key " + rotated + ", and the server has " + keys() + " keys of the panel");
    }
  }

  private int keys() {
    return Integer.parseInt(host.sh("grep -c chom-panel: /var/lib/chom/.ssh/authorized_keys || true"));
  }

  private void theAgentIsWhatTheUpgradeSays(String upgraded) {
    boolean older = host.sh("readlink /opt/vpsmanager/current").equals("releases/" + OLDER);
    if (older == upgraded.equals("SUCCEEDED")) {
      wrong.add("the upgrade " + upgraded + ", and the agent is " + (older ? "the old one" : "new"));
    }
  }

  private String end(String operation) {
    return world.text("select status from operation where id = '" + operation + "'");
  }

  private String status() {
    return world.text("select status from vps_server where id = '" + server + "'");
  }

  /** Every changing command of the agent that the panel sends, in the middle of its work. */
  private Map<String, String> begin(Subjects subjects) {
    var begun = new LinkedHashMap<String, String>();
    begun.put("site:create", operation(create()));
    begun.put("site:disable", operation(change("POST", "/sites/" + subjects.open() + "/disable")));
    begun.put("site:enable", operation(change("POST", "/sites/" + subjects.closed() + "/enable")));
    begun.put("site:delete", operation(change("DELETE", "/sites/" + subjects.doomed() + "?purge=true")));
    begun.put("site:restore", operation(change("POST", "/sites/" + subjects.retained() + "/undo-deletion")));
    begun.put("ssl:issue", operation(change("POST", "/sites/" + subjects.plain() + "/certificates", Map.of())));
    begun.put("ssl:renew", operation(change("POST", "/sites/" + certified + "/certificates", Map.of())));
    promised.addAll(begun.values());
    begun.put("database:create",
        operation(change("POST", "/sites/" + subjects.wanting() + "/databases", Map.of("name", "shop"))));
    begun.put("database:drop", operation(change("DELETE", "/sites/" + subjects.database() + "")));
    begun.put("depot:create", operation(depot()));
    begun.put("depot:remove", operation(change("DELETE", subjects.depot())));
    assertThat(world.ask("POST", "/servers/" + server + "/prepare", Map.of(), "prepare-" + names++).status())
        .isEqualTo(202);
    begun.put("server:prepare", world.text("select id::text from operation where type = 'server.prepare'"
        + " order by created_at desc limit 1"));
    return begun;
  }

  private String onServer(String what, Map<String, ?> body) {
    var answer = world.ask("POST", "/servers/" + server + "/" + what, body, what + "-" + names++);
    assertThat(answer.status()).as("%s: %s", what, answer).isEqualTo(202);
    return operation(answer.body());
  }

  /** What is asked for while the server is away. */
  private Map<String, String> late(Subjects subjects) {
    var id = operation(change("POST", "/sites/" + subjects.late() + "/disable"));
    promised.add(id);
    return Map.of("site:disable, asked meanwhile", id);
  }

  /** Every reading command, on the channel that was open when the fault struck. */
  private Map<String, CompletableFuture<String>> read(AgentBench reader) {
    var user = world.text("select unix_user from site where id = '" + certified + "'");
    var one = Map.<String, Object>of("operation", world.text("select id::text from operation where type = 'site.create'"
        + " and status = 'SUCCEEDED' order by created_at limit 1"));
    var all = new LinkedHashMap<String, CompletableFuture<String>>();
    Stream.of("ping", "monitor:health", "monitor:stats", "monitor:scrape", "state:export", "site:list", "database:list")
        .forEach(command -> all.put(command, said(reader, command, Map.of())));
    Stream.of("site:info", "ssl:status")
        .forEach(command -> all.put(command, said(reader, command, Map.of("user", user))));
    all.put("target:check", said(reader, "target:check",
        Map.of("repository", "sftp://keeper@127.0.0.1/chom-check", "addresses", List.of("127.0.0.1"))));
    Stream.of("operation:status", "operation:attach", "operation:cancel", "operation:ack")
        .forEach(command -> all.put(command, said(reader, command, one)));
    return all;
  }

  private static CompletableFuture<String> said(AgentBench reader, String command, Map<String, Object> arguments) {
    var asked = Instant.now();
    return CompletableFuture.supplyAsync(() -> reader.said(command, arguments, BOUND), task -> Thread.ofVirtual().start(
        task)).thenApply(said -> said + " after " + seconds(asked) + " s").orTimeout(BOUND.plusSeconds(5).toSeconds(),
            java.util.concurrent.TimeUnit.SECONDS);
  }

  private void strike(Fault fault) {
    switch (fault) {
      case LINK_DOWN -> host.linkDown();
      case FROZEN -> host.freeze();
      case POWER_CUT -> host.powerCut();
      case PORT_BLOCKED -> host.fault("port", "22");
      case ALL_PACKETS_LOST -> host.fault("loss", "100");
      case SSH_STOPPED -> {
        host.stopSsh();
        killSessions();
      }
      case OTHER_HOST_KEY -> {
        host.newHostKey();
        killSessions();
      }
      case SESSIONS_KILLED -> killSessions();
      case REBOOT -> host.reboot();
      case SOME_PACKETS_LOST -> host.fault("loss", "20");
      case SLOW_LINK -> host.fault("rate", "256kbit");
      case DISK_FULL -> host.fault("fill");
    }
  }

  private void killSessions() {
    host.exec("bash", "-c", "for pid in $(pgrep -f '^sshd: chom'); do kill -9 $pid; done");
  }

  private void lift(Fault fault) throws Exception {
    host.heal();
    host.exec("systemctl", "stop", "holder");
    if (fault == Fault.OTHER_HOST_KEY) {
      approve();
    }
  }

  /** As an operator does who has looked at the host. */
  private void approve() {
    PanelProcess.await("the other host key to be seen",
        () -> status().equals("HOST_KEY_CHANGED"));
    assertThat(world.ask("POST", "/servers/" + server + "/host-key", Map.of("fingerprint", host.hostKeyFingerprint()),
        "approve-" + names++).status()).isEqualTo(204);
  }

  /** Waits until the panel says of an operation what is true of it while the fault lasts. */
  private void shows(Fault fault, String command, String operation, Instant struck) {
    await(fault, command, struck, () -> isTrue(fault, operation));
    var shown = shown(operation);
    note(command, fault, shown.path("status").asString()
        + (shown.path("error").isObject() ? " " + shown.path("error").path("code").asString() : "") + " after "
        + seconds(struck) + " s");
  }

  /** A journal that cannot be written has no end to tell, and the panel must not invent one. */
  private void goesOn(Fault fault, String command, String operation) {
    var journal = host.exec("cat", journal(operation)).text().strip();
    var shown = shown(operation);
    var status = shown.path("status").asString();
    if (journal.equals("RUNNING") && !status.equals("RUNNING")) {
      wrong.add(command + " is called " + status + " while its journal says RUNNING under " + fault);
    }
    note(command, fault, status + " " + shown.path("error").path("code").asString(""));
  }

  private boolean diskIsFull() {
    var disk = world.ask("GET", "/servers/" + server, null, server).body().path("health").path("disk");
    return disk.path("used").asLong() > disk.path("total").asLong() * 0.99;
  }

  private boolean isTrue(Fault fault, String operation) {
    var shown = shown(operation);
    var status = shown.path("status").asString();
    if (!fault.expected.silent()) {
      return status.equals("RUNNING") || status.equals("SUCCEEDED") || status.equals("FAILED");
    }
    var code = shown.path("error").path("code").asString("");
    boolean named = fault.expected.layers().contains(code.replace("SERVER_NOT_REACHED_", "").replace("_CHANGED", ""));
    return named && (status.equals("QUEUED") || status.equals("RUNNING") && !shown.path("waitingSince").isNull());
  }

  private void await(Fault fault, String what, Instant struck, Supplier<Boolean> happened) {
    while (!happened.get()) {
      if (Duration.between(struck, Instant.now()).compareTo(BOUND) > 0) {
        wrong.add(what + " did not show the truth within " + BOUND.toSeconds() + " s under " + fault);
        return;
      }
      Pause.of(Duration.ofMillis(100));
    }
  }

  private JsonNode shown(String operation) {
    var asTenant = world.ask(ChaosWorld.token(TENANT), "GET", "/operations/" + operation, null, operation);
    return asTenant.status() == 200
        ? asTenant.body()
        : world.ask("GET", "/operations/" + operation, null, operation)
            .body();
  }

  private String layerOfServer() {
    return world.ask("GET", "/servers/" + server, null, server).body().path("failingLayer").asString("");
  }

  private JsonNode create() {
    var answer = world.ask("POST", "/sites", Map.of("tenantId", TENANT, "domain", "m" + ++names + ".example", "type",
        names % 2 == 0 ? "static" : "php", "serverId", server), "create-" + names);
    assertThat(answer.status()).as("%s", answer).isEqualTo(202);
    return answer.body();
  }

  private JsonNode change(String method, String path) {
    return change(method, path, null);
  }

  private JsonNode change(String method, String path, @Nullable Map<String, ?> body) {
    var answer = world.ask(ChaosWorld.token(TENANT), method, path, body, "change-" + names++);
    assertThat(answer.status()).as("%s %s: %s", method, path, answer).isEqualTo(202);
    return answer.body();
  }

  private static String operation(JsonNode accepted) {
    return accepted.path("operation").path("id").asString();
  }

  private static String journal(String operation) {
    return "/var/lib/vpsmanager/operations/" + operation + "/state";
  }

  /** Somebody holds every lock that a change needs before it is done. */
  private void hold() {
    host.sh("mkdir -p -m 0700 /run/vpsmanager && systemd-run --quiet --collect --unit=holder"
        + " flock /run/vpsmanager/config.lock flock /run/vpsmanager/databases.lock flock /run/vpsmanager/acme.lock"
        + " flock /run/vpsmanager/depots.lock flock /run/vpsmanager/access.lock flock /run/vpsmanager/agent.lock"
        + " python3 -c 'import fcntl, time; f = open(\"/var/lib/dpkg/lock-frontend\", \"w\"); fcntl.lockf(f, fcntl.LOCK_EX); time.sleep(300)'");
  }

  private AgentBench reader() {
    return new AgentBench(new SshTarget(host.address(), host.port(), "chom",
        new SshCredential.Key("reader", READER.privateKey(), null), host.hostKeyFingerprint()),
        Map.of("keep-alive", KEEP_ALIVE.toSeconds() + "s"));
  }

  private void settle() {
    var end = Instant.now().plus(RECOVERY);
    while (unfinished() != 0 || !status().equals("READY")) {
      assertThat(Instant.now()).as("everything comes to an end: %s",
          world.text("select string_agg(type || ' ' || status"
              + " || ' ' || coalesce(error_code, ''), ', ') from operation where status in ('QUEUED', 'RUNNING',"
              + " 'CANCELLING')"))
          .isBefore(end);
      if (status().equals("FAILED")) {
        // a preparation that was interrupted is repeated by an operator
        world.ask("POST", "/servers/" + server + "/prepare", Map.of(), "again-" + names++);
      }
      Pause.of(Duration.ofMillis(500));
    }
  }

  private long unfinished() {
    return world.number("select count(*) from operation where status in ('QUEUED', 'RUNNING', 'CANCELLING')");
  }

  private static long seconds(Instant since) {
    return Math.round(Duration.between(since, Instant.now()).toMillis() / 1_000.0);
  }

  private void note(String command, Fault fault, String said) {
    System.out.printf("faults: %-16s %-28s %s%n", fault, command, said);
    table.computeIfAbsent(command, _ -> new LinkedHashMap<>()).put(fault, said);
  }

  private void print() throws IOException {
    var faults = List.of(Fault.values());
    var lines = new ArrayList<String>();
    lines.add("| command | " + faults.stream().map(Fault::name).collect(Collectors.joining(" | ")) + " |");
    lines.add("|---".repeat(faults.size() + 1) + "|");
    table.forEach((command, cells) -> lines.add("| " + command + " | "
        + faults.stream().map(fault -> cells.getOrDefault(fault, "")).collect(Collectors.joining(" | ")) + " |"));
    Files.write(Path.of("target/fault-matrix.md"), lines);
    lines.forEach(System.out::println);
  }
}
