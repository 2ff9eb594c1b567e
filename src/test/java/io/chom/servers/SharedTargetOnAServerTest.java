package io.chom.servers;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.chom.accounts.Access;
import io.chom.accounts.NewToken;
import io.chom.accounts.SignedIn;
import io.chom.accounts.Tokens;
import io.chom.backups.BackupId;
import io.chom.backups.BackupProof;
import io.chom.backups.BackupRefused;
import io.chom.backups.BackupStatus;
import io.chom.backups.BackupType;
import io.chom.backups.BackupWish;
import io.chom.backups.Backups;
import io.chom.backups.NewTarget;
import io.chom.backups.Restores;
import io.chom.backups.TargetCheckFailed;
import io.chom.backups.TargetId;
import io.chom.backups.TargetKind;
import io.chom.backups.Targets;
import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.operations.Cancellation;
import io.chom.operations.Operation;
import io.chom.operations.OperationStatus;
import io.chom.sites.CreateSite;
import io.chom.sites.DomainName;
import io.chom.sites.SiteId;
import io.chom.sites.SiteStatus;
import io.chom.sites.SiteType;
import io.chom.sites.Sites;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import io.chom.testing.Browser;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.TestPropertySource;

/**
 * A real place for backups that an operator shares, asked by a real agent while it is there, while it is gone, and while it
 * lets nobody in: where it is stands in nothing that a tenant can read, and the operator reads why.
 */
@TestPropertySource(properties = "chom.outbound.allow=127.61.0.0/16")
class SharedTargetOnAServerTest extends FleetTest {
  private static final String HOST = "127.61.7.3";
  private static final String DIRECTORY = "h1dden-shelf";
  private static final Pattern LINK = Pattern.compile("/downloads/[0-9a-f-]{36}\\?token=[A-Za-z0-9_-]{43}");
  /** What of a tenant's rows somebody is shown; of operations not what is sent to the agent. */
  private static final List<String> SHOWN = List.of(
      "select coalesce(error_message, '') || coalesce(result::text, '') || coalesce(step, '') from operation",
      "select t::text from operation_try t", "select c::text from operation_log_chunk c",
      "select b::text from site_backup b",
      "select p::text from backup_proof p", "select r::text from site_restore r", "select n::text from notification n",
      "select a::text from audit_event a", "select s::text from site s", "select t::text from backup_target t");

  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();
  private final Tenants.Person admin = acme.admin();
  private final HttpClient http = HttpClient.newHttpClient();
  @LocalServerPort
  int port;
  @Autowired
  Sites sites;
  @Autowired
  Backups backups;
  @Autowired
  Restores restores;
  @Autowired
  Targets targets;
  @Autowired
  Cancellation cancellation;
  @Autowired
  Access access;
  @Autowired
  Tokens tokens;
  @TempDir
  Path shelf;
  private int shelfPort;
  private @Nullable Process rest;
  private @Nullable HttpServer doorkeeper;
  private Browser browser;
  private String token;

  @BeforeEach
  void anAdminSignsIn() {
    browser = Browser.of(admin, port);
    token = token();
  }

  @AfterEach
  void nothingIsSharedAnyMore() throws InterruptedException {
    takeAway();
    if (doorkeeper != null) {
      doorkeeper.stop(0);
    }
    RealServices
        .asAdministrator("update backup_target set status = 'REMOVED', secrets_sealed = null, is_default = false"
            + " where shared or shared_from is not null");
    RealServices
        .asAdministrator("update operation set status = 'CANCELLED', finished_at = now() where finished_at is null"
            + " and tenant_id in ('" + acme.id() + "', '" + globex.id() + "')");
  }

  @Test
  void whereItIsStandsInNothingThatATenantCanReadWhateverFails() throws Exception {
    var server = enrolled();
    serve();
    var name = "Offsite " + Uuid7.next();
    var target = share(name, server);
    var site = site(acme, server);
    var other = site(globex, server);

    var whole = take(acme, site, target);
    assertThat(ended(acme, whole.operation()).status()).isEqualTo(OperationStatus.SUCCEEDED);
    // the panel has the first one looked at by itself
    eventually(() -> ours(() -> backups.get(site, whole.backup())), seen -> seen.proof() != BackupProof.UNPROVEN);
    // globex has one there too, and reads its own pages below
    assertThat(ended(globex, take(globex, other, target).operation()).status()).isEqualTo(OperationStatus.SUCCEEDED);
    nothingTells(site, whole.backup(), name);

    takeAway();
    letNobodyIn();
    everythingFails(site, whole.backup(), target, name);
    assertThat(failure(target)).contains("refuses these credentials", HOST);

    nobodyIsThere();
    everythingFails(site, whole.backup(), target, name);
    assertThat(failure(target)).contains("REPOSITORY_UNREACHABLE", HOST);

    open();
    // what could not be removed is doubted, and looked at by the panel itself: before anything is damaged that is over
    var looked = ended(acme, promised(() -> backups.verify(site, whole.backup(), null, Actor.PANEL)).operation());
    assertThat(looked.status()).as(looked.errorMessage()).isEqualTo(OperationStatus.SUCCEEDED);
    assertThat(ours(() -> backups.get(site, whole.backup())).proof()).isEqualTo(BackupProof.PROVEN);
    whatIsInADamagedRepositoryIsRemovedWithoutHands(site, whole.backup(), target, name);
  }

  private void whatIsInADamagedRepositoryIsRemovedWithoutHands(SiteId site, BackupId backup, TargetId target,
      String name) throws Exception {
    var config = shelf.resolve(DIRECTORY + "/deep/" + site + "/config");
    var bytes = Files.readAllBytes(config);
    bytes[bytes.length / 2] ^= 1;
    Files.write(config, bytes);
    var domain = ours(() -> sites.get(site)).domain();
    failsSo(promised(() -> backups.delete(site, backup, domain, Actor.PANEL)).orElseThrow(), "REPOSITORY_DAMAGED",
        "The repository of this site in the place '" + name + "' is damaged.");
    assertThat(ours(() -> backups.get(site, backup)).status()).as("it might have been whole").isEqualTo(
        BackupStatus.COMPLETED);

    var removal = ended(acme, promised(() -> backups.delete(site, backup, domain, Actor.PANEL)).orElseThrow());
    assertThat(removal.status()).as(removal.errorMessage()).isEqualTo(OperationStatus.SUCCEEDED);
    assertThat(ours(() -> backups.get(site, backup)).status()).isEqualTo(BackupStatus.EXPIRED);
    assertThat(ours(() -> operations.log(removal.id(), 0, 100)).toString()).contains("what it held stays there");
    assertThat(ended(acme, take(acme, site, target).operation()).status()).as("the next one goes beside it")
        .isEqualTo(OperationStatus.SUCCEEDED);
    assertThat(shelf.resolve(DIRECTORY + "/deep/" + site + "-2/config")).exists();
    nothingTells(site, backup, name);
  }

  /** On a machine that has other work to do the look at it may take longer than the agent waits; then nothing is kept. */
  private TargetId share(String name, ServerId server) {
    var wanted = new NewTarget(name, TargetKind.REST, "http://" + HOST + ":" + shelfPort + "/" + DIRECTORY + "/deep",
        null,
        null, null, null, null, null, null);
    return eventually(() -> {
      try {
        return Optional.of(as(() -> targets.create(wanted, server, OPERATOR)).target().id());
      } catch (TargetCheckFailed _) {
        return Optional.<TargetId>empty();
      }
    }, Optional::isPresent).orElseThrow();
  }

  private void everythingFails(SiteId site, BackupId backup, TargetId target, String name) throws Exception {
    var code = "REPOSITORY_UNREACHABLE";
    var sentence = "The place '" + name + "' did not answer.";
    var domain = ours(() -> sites.get(site)).domain();
    failsSo(take(acme, site, target).operation(), code, sentence);
    failsSo(promised(() -> backups.verify(site, backup, null, Actor.PANEL)).operation(), code, sentence);
    failsSo(promised(() -> restores.restore(site, backup, new Restores.Wanted(BackupType.FILES, null, domain), null,
        Actor.PANEL)).operation(), code, sentence);
    failsSo(promised(() -> backups.delete(site, backup, domain, Actor.PANEL)).orElseThrow(), code, sentence);
    assertThat(ours(() -> backups.get(site, backup)).status()).isEqualTo(BackupStatus.COMPLETED);

    var at = "/sites/" + site + "/backups/" + backup;
    // the first look, which asks the place
    assertThat(read(browser.get(at + "/contents?list=true").body())).contains(name);
    assertThat(read(browser.get(at + "/remove?plan=true").body())).contains(name);
    assertThat(read(browser.get(at + "/restore?plan=true").body())).isNotEmpty();
    var made = browser.post(at + "/downloads", Map.of("what", "files"));
    var link = LINK.matcher(made.body());
    assertThat(link.find()).as(made.body()).isTrue();
    var refused = browser.get(link.group());
    assertThat(refused.status()).isEqualTo(502);
    assertThat(read(refused.body())).contains(name);
    assertThat(call("GET", link.group().replace("/downloads/", "/api/v1/downloads/"), "")).isNotEmpty();
    assertThat(call("GET", "/api/v1" + at + "/contents", "")).contains(code, name);
    nothingTells(site, backup, name);
  }

  /** What is tried again by itself is not waited for: what is told of the first try is there. */
  private void failsSo(Operation operation, String code, String sentence) throws SQLException {
    var told = eventually(
        () -> text("select coalesce(error_code || ' ' || error_message, '') from operation where id = '"
            + operation.id() + "'"),
        said -> !said.isEmpty());
    assertThat(told).as(operation.type().toString()).startsWith(code + " " + sentence);
    nowOrNever(operation);
    eventually(() -> ours(() -> operations.get(operation.id())), seen -> seen.status().ended());
  }

  /** Whether it has ended already, or waits for another try. */
  private void nowOrNever(Operation operation) {
    if (!ours(() -> operations.get(operation.id())).status().ended()) {
      ours(() -> cancellation.cancel(operation.id(), Actor.PANEL));
    }
  }

  private void nothingTells(SiteId site, BackupId backup, String name) throws Exception {
    for (var tenant : List.of(acme, globex)) {
      for (var sql : SHOWN) {
        read(text("select coalesce(string_agg(shown, ' '), '') from (" + sql + " where tenant_id = '" + tenant.id()
            + "') q(shown)"));
      }
    }
    var at = "/sites/" + site + "/backups/" + backup;
    for (var page : List.of("/sites/" + site, "/backups", "/backups/targets", "/sites/" + site + "/backups",
        at + "/restore",
        at + "/contents", at + "/remove", at + "/remove?plan=true", "/operations",
        "/audit", "/notifications", "/")) {
      read(browser.get(page).body());
    }
    for (var path : List.of("/operations", "/sites/" + site, "/sites/" + site + "/backups", at,
        "/backup-targets", "/audit")) {
      read(call("GET", "/api/v1" + path, ""));
    }
    for (var operation : ours(() -> operations.page(null, null, null, 50))) {
      read(browser.get("/operations/" + operation.id()).body());
      read(call("GET", "/api/v1/operations/" + operation.id(), ""));
      ours(() -> operations.log(operation.id(), 0, 100)).forEach(chunk -> read(chunk.text()));
    }
    assertThat(read(browser.get("/backups/targets").body())).contains(name);
  }

  private static String read(String shown) {
    assertThat(shown).doesNotContain(HOST, DIRECTORY);
    return shown;
  }

  private Backups.Promised take(Tenants tenant, SiteId site, TargetId target) {
    return TenantContext.callAs(tenant.id(),
        () -> backups.create(site, new BackupWish(BackupType.FILES, target, List.of()), null, Actor.PANEL));
  }

  private Operation ended(Tenants tenant, Operation operation) {
    return eventually(() -> TenantContext.callAs(tenant.id(), () -> operations.get(operation.id())),
        seen -> seen.status().ended());
  }

  private String failure(TargetId target) {
    return String.valueOf(as(() -> targets.get(target)).checkFailure());
  }

  private SiteId site(Tenants tenant, ServerId server) {
    tenant.allocate(server.value(), TenantId.PLATFORM);
    var domain = DomainName.parse("h" + Uuid7.next().toString().replace("-", "").substring(8) + ".example");
    var site = TenantContext.callAs(tenant.id(),
        () -> sites.create(new CreateSite(domain, SiteType.STATIC, null, server, null), Actor.PANEL)).site();
    eventually(() -> TenantContext.callAs(tenant.id(), () -> sites.get(site)),
        seen -> seen.status() == SiteStatus.ACTIVE);
    return site;
  }

  /** The panel may be looking at it by itself just then, as it does with one that it doubts. */
  private <T> T promised(Supplier<T> wanted) {
    return eventually(() -> {
      try {
        return Optional.of(ours(wanted));
      } catch (BackupRefused _) {
        return Optional.<T>empty();
      }
    }, Optional::isPresent).orElseThrow();
  }

  private void nobodyIsThere() {
    Objects.requireNonNull(doorkeeper).stop(0);
    doorkeeper = null;
  }

  private void serve() throws Exception {
    try (var free = new ServerSocket(0, 1, new InetSocketAddress(HOST, 0).getAddress())) {
      shelfPort = free.getLocalPort();
    }
    open();
  }

  private void open() throws IOException {
    assertThat(Path.of("/usr/bin/rclone")).as("install rclone, as src/test/rig/install.sh does").isExecutable();
    rest = new ProcessBuilder("rclone", "serve", "restic", "--addr", HOST + ":" + shelfPort, shelf.toString())
        .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    assertThat(eventually(this::answers, up -> up)).isTrue();
  }

  private boolean answers() {
    try (var socket = new Socket(HOST, shelfPort)) {
      return socket.isConnected();
    } catch (IOException _) {
      return false;
    }
  }

  private void takeAway() throws InterruptedException {
    if (rest != null) {
      rest.destroy();
      rest.waitFor();
      rest = null;
    }
  }

  private void letNobodyIn() throws IOException {
    doorkeeper = HttpServer.create(new InetSocketAddress(HOST, shelfPort), 0);
    doorkeeper.createContext("/", exchange -> {
      try (exchange) {
        exchange.sendResponseHeaders(403, -1);
      }
    });
    doorkeeper.start();
  }

  private String token() {
    var caller = access.caller(new SignedIn(admin.id(), admin.email(), admin.name(), false), acme.id()).orElseThrow();
    return ours(() -> tokens.create(caller, new NewToken("ci", Set.of("*"), null)).token());
  }

  private String call(String method, String path, String body) throws Exception {
    var answer = http.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
        .header("Authorization", "Bearer " + token)
        .method(method, HttpRequest.BodyPublishers.ofString(body, StandardCharsets.UTF_8)).build(),
        BodyHandlers.ofString());
    return read(answer.body());
  }

  private static String text(String sql) {
    try (var database = RealServices.asAdministrator();
        var statement = database.createStatement();
        var rows = statement.executeQuery(sql)) {
      return rows.next() ? String.valueOf(rows.getString(1)) : "";
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private <T> T ours(Supplier<T> work) {
    return TenantContext.callAs(acme.id(), work::get);
  }
}
