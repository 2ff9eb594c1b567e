package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.launch.EventReader.Event;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/**
 * Two panels side by side, without stickiness: whatever begins on one goes on on the other, also when the first is
 * killed, frozen or stopped in the middle.
 */
@Tag("acceptance")
class NodesAcceptanceIT {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final int AT_ONCE = 20;

  @TempDir
  static Path directory;
  static TwoNodes nodes;
  static TwoNodes.Tenant acme;
  static TwoNodes.Tenant globex;

  @BeforeAll
  static void start() throws IOException {
    nodes = new TwoNodes(directory.toRealPath(), List.of(), List.of(), Map.of("CHOM_SERVERS_PROBEEVERY", "2s"));
    nodes.enrol();
    acme = nodes.tenant("Acme");
    globex = nodes.tenant("Globex");
  }

  @AfterAll
  static void stop() throws Exception {
    if (nodes != null) {
      nodes.close();
    }
  }

  @Test
  void startedTogetherOnAnEmptyDatabaseTheyMadeEverythingOnce() {
    assertThat(nodes.number("select count(*) from app_user where operator")).isEqualTo(1);
    assertThat(nodes.number("select count(*) from api_token where name = 'bootstrap'")).isEqualTo(1);
    assertThat(nodes.number("select count(*) - count(distinct version) from flyway_schema_history"
        + " where version is not null")).isZero();
    assertThat(nodes.number("select count(*) from flyway_schema_history where not success")).isZero();
    assertThat(nodes.number("select count(*) from setting where key ilike '%master%'")).isEqualTo(1);
    assertThat(nodes.number("select count(*) from pg_roles where rolname like 'chom\\_%'")).isEqualTo(3);
    assertThat(nodes.panel(0).output() + nodes.panel(1).output()).doesNotContain("ERROR");
  }

  @Test
  void aSessionHoldsOnBothAndEndsOnBoth() {
    var one = nodes.signedIn(0, nodes.person(acme.id(), "ADMIN"));
    var two = nodes.through(1, one);
    assertThat(two.get("/sites").status()).isEqualTo(200);
    var form = one.csrf().orElseThrow();
    assertThat(two.postAsIs("/sites", Map.of("domain", "not a domain", "type", "static", "_csrf", form)).status())
        .as("understood, and refused for its content").isEqualTo(422);
    assertThat(two.postAsIs("/sites", Map.of("domain", "x.example", "type", "static")).status()).isEqualTo(403);
    assertThat(two.postAsIs("/logout", Map.of("_csrf", form)).status()).isEqualTo(302);
    assertThat(two.get("/sites").status()).isEqualTo(302);
    assertThat(one.get("/sites").status()).isEqualTo(302);
  }

  @Test
  void aRightThatWasTakenAwayIsGoneOnBothAndEndsTheirStreams() {
    var email = nodes.person(acme.id(), "VIEWER");
    var one = nodes.signedIn(0, email);
    var two = nodes.through(1, one);
    assertThat(two.get("/sites").status()).isEqualTo(200);
    try (var live = live(1, one.cookieHeader(), "sites")) {
      PanelProcess.await("the stream", () -> live.heard("sites"));
      // as any node takes it: in the database, and known to none of the others
      nodes.execute("delete from membership where user_id = (select id from app_user where email = '" + email + "')");
      PanelProcess.await("the stream to end", live::ended);
      PanelProcess.await("the right to be gone", () -> one.get("/sites").status() != 200
          && two.get("/sites").status() != 200);
    }
  }

  @Test
  void aRevokedTokenOpensNothingOnEither() {
    var made = TwoNodes.ok(nodes.call(0, acme.token(), "POST", "/tokens",
        Map.of("name", "short", "scopes", List.of("operations:read", "sites:read")), null));
    var token = made.path("token").asString();
    assertThat(nodes.call(1, token, "GET", "/sites", null, null).status()).isEqualTo(200);
    var operation = create(0, acme, "revoked");
    try (var log = log(1, token, operation.id(), "")) {
      PanelProcess.await("the stream", () -> log.heard("status"));
      TwoNodes.ok(nodes.call(0, acme.token(), "DELETE", "/tokens/" + made.path("id").asString(), null, null));
      assertThat(nodes.call(1, token, "GET", "/sites", null, null).status()).isEqualTo(401);
      PanelProcess.await("the stream to end", log::ended);
    }
  }

  @Test
  void theSameKeyOnBothAtOnceHasOneEffect() throws Exception {
    var domain = "once-" + UUID.randomUUID() + ".example";
    var key = UUID.randomUUID().toString();
    var body = Map.of("domain", domain, "type", "static");
    var answers = new HashSet<String>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var asked = threads.invokeAll(IntStream.range(0, AT_ONCE).<Callable<TwoNodes.Answer>>mapToObj(i -> () -> {
        var answer = nodes.call(i % 2, acme.token(), "POST", "/sites", body, key);
        return answer.status() == 409 ? nodes.patiently(acme.token(), "POST", "/sites", body, key) : answer;
      }).toList());
      for (var one : asked) {
        assertThat(one.get().status()).as("%s", one.get()).isEqualTo(202);
        answers.add(one.get().body().path("operation").path("id").asString());
      }
    }
    assertThat(answers).hasSize(1);
    assertThat(nodes.number("select count(*) from site where domain = '" + domain + "'")).isEqualTo(1);
    assertThat(nodes.number("select count(*) from operation where subject_label = '" + domain + "'")).isEqualTo(1);
  }

  @Test
  void aLogIsReadOnOnTheOtherNodeWithoutAGapWhileTheFirstIsKilled() throws Exception {
    var heard = new ArrayList<Event>();
    Promised operation;
    try (var _ = holdTheServer()) {
      operation = create(0, acme, "log");
      awaitRunning(operation);
      try (var first = log(0, acme.token(), operation.id(), "")) {
        PanelProcess.await("a first piece", () -> first.heard("output"));
        first.close();
        PanelProcess.await("the cut", first::ended);
        heard.addAll(first.events());
      }
      try (var second = log(1, acme.token(), operation.id(), heard.getLast().id())) {
        PanelProcess.await("the other node to go on", () -> second.heard("status"));
        heard.addAll(second.events());
      }
      // whichever worked on it, one of them dies in the middle of work and of streams
      try (var third = log(0, acme.token(), operation.id(), heard.getLast().id())) {
        PanelProcess.await("the stream", () -> third.heard("status"));
        nodes.panel(0).kill();
        PanelProcess.await("the cut", third::ended);
        heard.addAll(third.events());
      }
      assertThat(nodes.call(1, globex.token(), "GET", "/operations/" + operation.id(), null, null).status())
          .isEqualTo(404);
    }
    try (var last = log(1, acme.token(), operation.id(), heard.getLast().id())) {
      PanelProcess.await("the end", () -> last.heard("complete"));
      heard.addAll(last.events());
    }
    restart(0);
    var text = new StringBuilder();
    for (var event : heard) {
      if (event.name().equals("output")) {
        text.append(JSON.readTree(event.data()).path("data").asString());
        assertThat(event.id()).as("the id is the offset").isEqualTo(
            "" + text.toString().getBytes(StandardCharsets.UTF_8).length);
      }
    }
    assertThat(text.toString()).isEqualTo(nodes.text("select string_agg(data, '' order by from_offset)"
        + " from operation_log_chunk where operation_id = '" + operation.id() + "'"));
    assertThat(heard).filteredOn(event -> event.name().equals("complete")).hasSize(1);
    assertThat(nodes.operation(acme.token(), operation.id()).path("status").asString()).isEqualTo("SUCCEEDED");
    assertWorkedOnce(operation);
  }

  @Test
  void aPageOnOneNodeHearsOfChangesOnTheOtherAlsoAfterThatDied() throws Exception {
    var person = nodes.signedIn(1, nodes.person(acme.id(), "ADMIN"));
    var stranger = nodes.signedIn(1, nodes.person(globex.id(), "ADMIN"));
    try (var live = live(1, person.cookieHeader(), "sites"); var other = live(1, stranger.cookieHeader(), "sites")) {
      PanelProcess.await("the first state", () -> live.heard("sites") && other.heard("sites"));
      var first = create(0, acme, "live");
      PanelProcess.await("the change", () -> tells(live, first));
      nodes.panel(0).kill();
      var second = create(1, acme, "live");
      PanelProcess.await("the change here", () -> tells(live, second));
      restart(0);
      var third = create(0, acme, "live");
      PanelProcess.await("the change there", () -> tells(live, third));
      assertThat(tells(other, first) || tells(other, second) || tells(other, third)).as("to another tenant").isFalse();
    }
  }

  private static boolean tells(EventReader live, Promised site) {
    return live.heard("site-state-" + site.site());
  }

  @Test
  void aClockTicksOnceForBoth() {
    nodes.execute("create table if not exists probe_seen (at timestamptz)");
    nodes.execute("""
        create or replace function see_probe() returns trigger language plpgsql security definer as
        $$ begin insert into public.probe_seen values (clock_timestamp()); return new; end $$""");
    nodes.execute("create or replace trigger see_probe after update of health_at on vps_server for each row"
        + " when (old.health_at is distinct from new.health_at) execute function see_probe()");
    PanelProcess.await("ten probes", () -> nodes.number("select count(*) from probe_seen") >= 10);
    nodes.execute("drop trigger see_probe on vps_server");
    assertThat(nodes.number("select count(*) from (select at - lag(at) over (order by at) as pause from probe_seen) p"
        + " where pause < interval '1.9 seconds'")).as("probes of one server closer than the clock's two seconds")
        .isZero();
  }

  @Test
  void aFrozenNodeHoldsNothingUp() {
    Promised operation;
    try {
      try (var _ = holdTheServer()) {
        operation = create(0, acme, "frozen");
        awaitRunning(operation);
        nodes.signal(0, "STOP");
      } catch (IOException e) {
        throw new AssertionError(e);
      }
      var during = create(1, acme, "meanwhile");
      PanelProcess.await("work on the other node", () -> ended(1, operation) && ended(1, during));
    } finally {
      nodes.signal(0, "CONT");
    }
    PanelProcess.await("it to answer again",
        () -> nodes.call(0, acme.token(), "GET", "/me", null, null).status() == 200);
    assertThat(nodes.operation(acme.token(), operation.id()).path("status").asString()).isEqualTo("SUCCEEDED");
    assertWorkedOnce(operation);
  }

  private static boolean ended(int node, Promised operation) {
    var answer = nodes.call(node, acme.token(), "GET", "/operations/" + operation.id(), null, null);
    return answer.body().path("status").asString().equals("SUCCEEDED");
  }

  @Test
  void oneAfterTheOtherIsRestartedAndNoRequestFails() throws Exception {
    var stopped = new AtomicBoolean();
    var failures = new ArrayList<TwoNodes.Answer>();
    var count = new int[1];
    var asking = Thread.ofPlatform().start(() -> {
      while (!stopped.get()) {
        var answer = count[0]++ % 10 == 9
            ? nodes.patiently(globex.token(), "POST", "/sites",
                Map.of("domain", "rolling-" + count[0] + ".example", "type", "static"), "rolling-" + count[0])
            : nodes.patiently(globex.token(), "GET", "/sites", null, null);
        if (answer.status() != 200 && answer.status() != 202) {
          failures.add(answer);
        }
      }
    });
    try {
      for (int node = 0; node < 2; node++) {
        Promised operation;
        try (var _ = holdTheServer()) {
          operation = create(node, acme, "rolling");
          awaitRunning(operation);
          nodes.panel(node).terminate();
        }
        nodes.awaitEnd(acme.token(), operation.id());
        assertThat(nodes.operation(acme.token(), operation.id()).path("status").asString()).isEqualTo("SUCCEEDED");
        assertWorkedOnce(operation);
        restart(node);
      }
    } finally {
      stopped.set(true);
      asking.join();
    }
    assertThat(failures).isEmpty();
    assertThat(count[0]).as("requests meanwhile").isGreaterThan(20);
  }

  // --- words ---

  private record Promised(String site, String id, String domain) {}

  private static Promised create(int node, TwoNodes.Tenant tenant, String name) {
    var domain = name + "-" + UUID.randomUUID() + ".example";
    var body = TwoNodes.ok(nodes.call(node, tenant.token(), "POST", "/sites",
        Map.of("domain", domain, "type", "static"), UUID.randomUUID().toString()));
    return new Promised(body.path("id").asString(), body.path("operation").path("id").asString(), domain);
  }

  private static EventReader log(int node, String token, String operation, String last) {
    var headers = new java.util.HashMap<>(Map.of("Authorization", "Bearer " + token));
    if (!last.isEmpty()) {
      headers.put("Last-Event-ID", last);
    }
    return new EventReader(nodes.port(node), "/api/v1/operations/" + operation + "/events", headers);
  }

  private static EventReader live(int node, String cookies, String topics) {
    // as a browser that comes back: it is told at once that something may have changed
    return new EventReader(nodes.port(node), "/live?topics=" + topics, Map.of("Cookie", cookies, "Last-Event-ID", "1"));
  }

  /** Everything that changes the server's configuration waits while this is open: work is surely in the middle. */
  private static AutoCloseableLock holdTheServer() throws IOException {
    var lock = nodes.machine().home().resolve("run/vpsmanager/config.lock");
    Files.createDirectories(lock.getParent());
    var process = new ProcessBuilder("flock", lock.toString(), "sh", "-c", "echo held; cat").start();
    assertThat(process.inputReader().readLine()).isEqualTo("held");
    return process::destroy;
  }

  private interface AutoCloseableLock extends AutoCloseable {
    @Override
    void close();
  }

  private static void awaitRunning(Promised operation) {
    var journal = nodes.machine().home().resolve("var/lib/vpsmanager/operations/" + operation.id());
    PanelProcess.await("the server to work on it", () -> Files.exists(journal));
    PanelProcess.await("the log to begin",
        () -> nodes.number("select log_length from operation where id = '" + operation.id() + "'") > 0);
  }

  /** As the server's own directory says. */
  private static void assertWorkedOnce(Promised operation) {
    var user = TwoNodes.ok(nodes.patiently(acme.token(), "GET", "/sites/" + operation.site(), null, null))
        .path("systemUser").asString();
    var sites = nodes.machine().home().resolve("srv/chom/sites");
    assertThat(sites.resolve(user)).isDirectory();
    assertThat(nodes.machine().home().resolve("var/lib/vpsmanager/operations/" + operation.id())).exists();
  }

  private static void restart(int node) throws IOException {
    nodes.start(node);
    nodes.ready(node);
  }
}
