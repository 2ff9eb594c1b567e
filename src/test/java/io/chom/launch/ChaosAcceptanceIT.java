package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.testing.Rig;
import io.chom.testing.RigHost;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Every fault in every phase of an operation, on two panels, two tenants and two hosts, in an order a seed decides:
 * {@code -Dchom.chaos.seed=N -Dchom.chaos.operations=M}. Afterwards everything runs again, and {@link ChaosChecker} finds
 * nothing lost, doubled, falsely failed or stuck.
 */
@Tag("acceptance")
class ChaosAcceptanceIT {
  private static final long SEED = Long.getLong("chom.chaos.seed", 1);
  private static final int OPERATIONS = Integer.getInteger("chom.chaos.operations", 60);
  /** So many more are asked for on each host in each round that a long run needs no more rounds than a short one. */
  private static final int CROWD = Math.max(0, Math.min(8, OPERATIONS / 72 - 1));
  private static final Duration LONGEST_PHASE = Duration.ofSeconds(40);
  private static final Duration LONGEST_RECOVERY = Duration.ofMinutes(8);

  private static final List<String> TENANTS = List.of("00000000-0000-7000-8000-0000000000a1",
      "00000000-0000-7000-8000-0000000000a2");

  enum Phase {
    QUEUED, BEFORE_SENDING, RUNNING, RESULT_NOT_COMMITTED
  }

  enum Fault {
    PANEL_KILLED, BOTH_PANELS_KILLED, REDIS_KILLED, POSTGRESQL_KILLED, SSHD_KILLED, LINK_CUT, POWER_CUT, FROZEN, DISK_FULL
  }

  /** What is asked of what is there; a site is made where there is nothing to ask it of. */
  enum Change {
    PURGE("s.status in ('ACTIVE', 'FAILED', 'DISABLED')"), DELETE("s.status in ('ACTIVE', 'DISABLED')"), UNDO_DELETION(
        "s.status = 'DELETED' and s.retained_until > now()"), DISABLE("s.status = 'ACTIVE'"), ENABLE(
            "s.status = 'DISABLED'"), CREATE_DATABASE(
                "s.status = 'ACTIVE'"), DROP_DATABASE("s.status = 'ACTIVE' and d.status in ('ACTIVE', 'FAILED')");

    private final String where;

    Change(String where) {
      this.where = where;
    }
  }

  private record Cell(Phase phase, Fault fault) {}

  @RegisterExtension
  static final Rig rig = Rig.of(2);
  @TempDir
  static Path directory;
  static ChaosWorld world;
  static List<RigHost> hosts;

  private final Random random = new Random(SEED);
  private final Set<String> promised = new LinkedHashSet<>();
  private final Map<Phase, EnumMap<Fault, Integer>> hits = new EnumMap<>(Phase.class);
  private int names;

  @BeforeAll
  static void enrolTheHosts() throws Exception {
    hosts = List.of(rig.full(0), rig.full(1));
    world = new ChaosWorld(directory);
    for (var tenant : TENANTS) {
      world.tenant(tenant);
    }
    world.enrol(hosts);
  }

  @AfterAll
  static void stop() throws Exception {
    world.close();
  }

  @Test
  void nothingIsLostWhateverDiesWhenever() throws Exception {
    System.out.printf("chaos: seed %d, %d operations%n", SEED, OPERATIONS);
    var cells = new ArrayList<Cell>();
    for (int round = 0; promised.size() < OPERATIONS || !everyCellHit(); round++) {
      assertThat(round).as("rounds").isLessThan(20 + OPERATIONS * 2);
      if (cells.isEmpty()) {
        Arrays.stream(Phase.values())
            .forEach(phase -> Arrays.stream(Fault.values()).forEach(fault -> cells.add(new Cell(phase, fault))));
        Collections.shuffle(cells, random);
      }
      var cell = cells.removeLast();
      if (!round(cell)) {
        cells.addFirst(cell);
      }
    }
    settle();
    print();
    assertThat(violations()).as("seed %d", SEED).isEmpty();
    theCheckerFindsLies();
  }

  private boolean everyCellHit() {
    return hits.values().stream().mapToInt(Map::size).sum() == Phase.values().length * Fault.values().length;
  }

  /** @return false when the phase was not reached, and nothing was struck */
  private boolean round(Cell cell) throws Exception {
    var host = hosts.get(random.nextInt(hosts.size()));
    var started = Instant.now();
    boolean reached;
    // what is on its way to a server that has gone silent keeps others from being taken for it
    boolean crowdFirst = cell.phase() != Phase.BEFORE_SENDING;
    if (crowdFirst) {
      crowd();
    }
    try {
      reached = reach(cell.phase(), host);
      if (!crowdFirst) {
        crowd();
      }
      if (reached) {
        strike(cell.fault(), host);
        hits.computeIfAbsent(cell.phase(), _ -> new EnumMap<>(Fault.class)).merge(cell.fault(), 1, Integer::sum);
        Pause.of(Duration.ofMillis(200 + random.nextInt(2_500)));
      }
    } finally {
      lift(host);
    }
    settle();
    System.out.printf("chaos: %-20s %-18s %s on %s, %d s%n", cell.phase(), cell.fault(),
        reached ? "hit" : "MISSED", host.name(), Duration.between(started, Instant.now()).toSeconds());
    return reached;
  }

  private void crowd() throws Exception {
    for (var host : hosts) {
      request(host, CROWD);
    }
  }

  /** Brings an operation into a phase, by faults of the surroundings alone; false where it was too quick. */
  private boolean reach(Phase phase, RigHost host) throws Exception {
    return switch (phase) {
      case QUEUED -> {
        // two of them are carried out at once, the others wait for a frozen host
        host.freeze();
        request(host, 4);
        yield within(() -> queued(host) > 0);
      }
      case BEFORE_SENDING -> {
        // first the door is closed, then who is inside leaves, then knocking is not even heard
        host.stopSsh();
        host.exec("bash", "-c", "for pid in $(pgrep -f '^sshd: chom'); do kill -9 $pid; done");
        host.fault("loss", "100");
        request(host, 1);
        // a server that was given up for a while is asked again and again, each time for a moment only
        yield within(() -> world.number("select count(*) from operation where status in ('QUEUED', 'RUNNING')"
            + " and attempt > 0 and sent_at is null") > 0);
      }
      case RUNNING -> {
        hold(host);
        request(host, 1 + random.nextInt(2));
        yield within(() -> journal(host, "RUNNING"));
      }
      case RESULT_NOT_COMMITTED -> {
        hold(host);
        request(host, 1);
        boolean running = within(() -> journal(host, "RUNNING"));
        world.freezeDatabase();
        host.exec("systemctl", "stop", "holder");
        yield running && within(() -> !journal(host, "RUNNING") && !journal(host, "ACCEPTED"));
      }
    };
  }

  /** Somebody holds the lock that every change of the configuration needs. */
  private static void hold(RigHost host) {
    host.sh("mkdir -p -m 0700 /run/vpsmanager"
        + " && systemd-run --quiet --collect --unit=holder flock /run/vpsmanager/config.lock sleep 300");
  }

  private long queued(RigHost host) {
    return world
        .number("select count(*) from operation o join vps_server s on s.id = o.server_id where o.status = 'QUEUED'"
            + " and s.host = '" + host.address() + "'");
  }

  private static boolean journal(RigHost host, String state) {
    return host.exec("bash", "-c", "grep -lx " + state + " /var/lib/vpsmanager/operations/*/state").ok();
  }

  private void strike(Fault fault, RigHost host) throws Exception {
    switch (fault) {
      case PANEL_KILLED -> world.killPanel(random.nextInt(ChaosWorld.PANELS));
      case BOTH_PANELS_KILLED -> {
        world.killPanel(0);
        world.killPanel(1);
      }
      case REDIS_KILLED -> world.killRedis();
      case POSTGRESQL_KILLED -> world.killDatabase();
      case SSHD_KILLED -> {
        host.thaw();
        host.exec("bash", "-c", "for pid in $(pgrep -f '^sshd'); do kill -9 $pid; done");
        host.stopSsh();
      }
      case LINK_CUT -> host.linkDown();
      case POWER_CUT -> host.powerCut();
      case FROZEN -> host.freeze();
      case DISK_FULL -> host.fault("fill");
    }
  }

  private void lift(RigHost host) throws Exception {
    world.thawDatabase();
    host.heal();
    host.exec("systemctl", "stop", "holder");
    world.restore();
  }

  /** Asks for changes on a host as both tenants, now and then twice at once and through both panels. */
  private void request(RigHost host, int count) throws Exception {
    for (int i = 0; i < count; i++) {
      var changes = Change.values();
      int wanted = random.nextInt(changes.length + 4);
      var change = wanted < changes.length ? changes[wanted] : null;
      var there = change == null ? List.<String>of() : subjects(host, change);
      if (change == null || there.isEmpty()) {
        var tenant = TENANTS.get(i % TENANTS.size());
        var operation = create(host, tenant);
        if (random.nextInt(5) == 0) {
          cancel(tenant, operation);
        }
      } else {
        change(change, there.get(random.nextInt(there.size())));
      }
    }
  }

  private String create(RigHost host, String tenant) {
    var key = UUID.nameUUIDFromBytes((SEED + "-" + names++).getBytes(java.nio.charset.StandardCharsets.UTF_8))
        .toString();
    var body = Map.of("tenantId", tenant, "domain", "c" + SEED + "-" + names + ".example", "type",
        random.nextBoolean() ? "static" : "php", "serverId", world.server(host));
    var first = world.ask("POST", "/sites", body, key);
    assertThat(first.status()).as("%s", first.body()).isEqualTo(202);
    if (random.nextInt(3) == 0) {
      var again = world.ask("POST", "/sites", body, key);
      assertThat(operation(again.body())).as("the same request again").isEqualTo(operation(first.body()));
    }
    promised.add(operation(first.body()));
    return operation(first.body());
  }

  private static void cancel(String tenant, String operation) {
    var answer = world.ask(ChaosWorld.token(tenant), "POST", "/operations/" + operation + "/cancel", null,
        "cancel-" + operation);
    assertThat(answer.status()).as("cancelled, or over already: %s", answer.body()).isIn(202, 409);
  }

  private void change(Change change, String subject) {
    var words = subject.split(" ");
    var path = "/sites/" + words[1];
    var name = "d" + ++names;
    var token = ChaosWorld.token(words[0]);
    var answer = switch (change) {
      case PURGE -> world.ask(token, "DELETE", path + "?purge=true", null, "purge-" + name);
      case DELETE -> world.ask(token, "DELETE", path, null, "delete-" + name);
      case UNDO_DELETION -> world.ask(token, "POST", path + "/undo-deletion", null, "undo-" + name);
      case DISABLE -> world.ask(token, "POST", path + "/disable", null, "disable-" + name);
      case ENABLE -> world.ask(token, "POST", path + "/enable", null, "enable-" + name);
      case CREATE_DATABASE -> world.ask(token, "POST", path + "/databases", Map.of("name", name), "create-" + name);
      case DROP_DATABASE -> world.ask(token, "DELETE", path + "/databases/" + words[2], null, "drop-" + name);
    };
    assertThat(answer.status()).as("%s: %s", change, answer.body()).isIn(202, 404, 409);
    if (answer.status() == 202) {
      promised.add(operation(answer.body()));
    }
  }

  private static String operation(JsonNode body) {
    return body.path("operation").path("id").asString();
  }

  /** Tenant, site and, where it is one, database of everything on a host of which a change can be asked. */
  private static List<String> subjects(RigHost host, Change change) throws SQLException {
    var found = new ArrayList<String>();
    try (var connection = world.connect();
        var statement = connection.createStatement();
        var rows = statement.executeQuery("select s.tenant_id || ' ' || s.id || coalesce(' ' || d.id, '') from site s"
            + " join vps_server v on v.id = s.server_id left join site_database d on d.site_id = s.id"
            + (change == Change.DROP_DATABASE ? "" : " and false") + " where v.host = '" + host.address() + "' and "
            + change.where + " order by s.id, d.id")) {
      while (rows.next()) {
        found.add(rows.getString(1));
      }
    }
    return found;
  }

  private static boolean within(BooleanSupplier happened) {
    var end = Instant.now().plus(LONGEST_PHASE);
    while (!happened.getAsBoolean()) {
      if (Instant.now().isAfter(end)) {
        return false;
      }
      Pause.of(Duration.ofMillis(20));
    }
    return true;
  }

  private void settle() {
    var end = Instant.now().plus(LONGEST_RECOVERY);
    while (world.number("select (select count(*) from operation where status in ('QUEUED', 'RUNNING', 'CANCELLING'))"
        + " + (select count(*) from vps_server where status <> 'READY')") != 0 && Instant.now().isBefore(end)) {
      Pause.of(Duration.ofMillis(200));
    }
  }

  private List<String> violations() throws SQLException {
    try (var connection = world.connect()) {
      return new ChaosChecker(hosts).violations(connection, promised);
    }
  }

  private void print() {
    System.out.printf("%-22s", "phase \\ fault");
    Arrays.stream(Fault.values()).forEach(fault -> System.out.printf("%20s", fault));
    System.out.println();
    for (var phase : Phase.values()) {
      System.out.printf("%-22s", phase);
      Arrays.stream(Fault.values())
          .forEach(fault -> System.out.printf("%20d", hits.get(phase).getOrDefault(fault, 0)));
      System.out.println();
    }
    for (var status : List.of("SUCCEEDED", "FAILED", "CANCELLED")) {
      System.out.printf("chaos: %d %s%n",
          world.number("select count(*) from operation o where " + ChaosChecker.CHECKED + " and status = '" + status
              + "'"),
          status);
    }
    System.out.println("chaos: " + world.text("select string_agg(type || ' ' || n, ', ' order by type) from (select"
        + " type, count(*) n from operation o where " + ChaosChecker.CHECKED + " group by type) kinds"));
  }

  /** A checker that finds nothing may be blind: each kind of lie is planted once, and must be found. */
  private void theCheckerFindsLies() throws SQLException {
    var done = "(select id from operation where type = 'site.create' and status = 'SUCCEEDED' order by id limit 1)";
    world.execute("update operation set status = 'FAILED' where id = " + done);
    assertThat(violations()).anyMatch(sentence -> sentence.startsWith("falsely failed"));
    world.execute("delete from operation_log_chunk where operation_id = " + done + " and from_offset = 0");
    assertThat(violations()).anyMatch(sentence -> sentence.startsWith("gap"));
    hosts.getFirst().sh("useradd s999999; mariadb -e 'create database s999999_lie'");
    assertThat(violations()).anyMatch(sentence -> sentence.startsWith("left behind: user"))
        .anyMatch(sentence -> sentence.startsWith("left behind: database"));
    world.execute("delete from operation where id = " + done);
    assertThat(violations()).anyMatch(sentence -> sentence.startsWith("lost"))
        .anyMatch(sentence -> sentence.startsWith("unknown"));
  }
}
