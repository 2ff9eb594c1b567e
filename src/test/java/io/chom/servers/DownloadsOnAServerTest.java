package io.chom.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.backups.BackupId;
import io.chom.backups.BackupStatus;
import io.chom.backups.BackupType;
import io.chom.backups.BackupView;
import io.chom.backups.Backups;
import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.operations.Operation;
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
import io.chom.testing.RootlessMachine;
import io.chom.testing.Tenants;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

/** Backups that come from a real agent to somebody's computer; two customers, and readers of every kind. */
class DownloadsOnAServerTest extends FleetTest {
  private static final Pattern LINK = Pattern.compile("/downloads/([0-9a-f-]{36})\\?token=([A-Za-z0-9_-]{43})");
  private static final int BIG = 24_000_000;

  private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();
  private final Tenants.Person admin = acme.admin();
  @LocalServerPort
  int port;
  @Autowired
  Sites sites;
  @Autowired
  Backups backups;
  @TempDir
  private static Path machines;
  private static @Nullable RootlessMachine shared;
  private static @Nullable ServerId server;
  private SiteId site;
  private Path root;
  private Path out;
  private Browser browser;

  /** One server for all of them, each with a site of its own; after one that switches it off there is another. */
  @Override
  @BeforeEach
  void switchOn() {
    if (shared == null) {
      try {
        shared = new RootlessMachine(Files.createTempDirectory(machines, "machine"));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      server = null;
    }
    machine = shared;
    home = machine.home();
  }

  @Override
  @AfterEach
  void switchOff() {
    // it is the next one's too
  }

  @AfterAll
  static void switchTheLastOneOff() {
    if (shared != null) {
      shared.close();
      shared = null;
    }
  }

  @BeforeEach
  void acmeHasASiteAndAnAdmin() throws IOException {
    assertThat(Path.of("/usr/bin/restic")).as("install restic, as src/test/rig/install.sh does").isExecutable();
    if (server == null) {
      server = enrolled();
    }
    acme.allocate(server.value(), TenantId.PLATFORM);
    var name = DomainName.parse("d" + Uuid7.next().toString().replace("-", "").substring(8) + ".example");
    site = ours(() -> sites.create(new CreateSite(name, SiteType.STATIC, null, server, null), Actor.PANEL)).site();
    var made = eventually(() -> ours(() -> sites.get(site)), seen -> seen.status() == SiteStatus.ACTIVE);
    root = Path.of(Objects.requireNonNull(made.documentRoot()));
    out = Files.createTempDirectory(machines, "out");
    browser = Browser.of(admin, port);
  }

  @Test
  void anArchiveHasTheFilesByteByByteAndOpensForItsMakerAloneAFewTimes() throws Exception {
    Files.write(root.resolve("picture.bin"), random(3_000_000));
    Files.writeString(root.resolve("page.html"), "<h1>hello</h1>");
    var backup = taken();
    var link = link(backup, Map.of("what", "files", "compressed", "true"));
    var answer = get(browser, link);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("content-disposition").orElseThrow()).startsWith("attachment")
        .contains(backup.domain()).contains(".tar.gz");
    assertThat(answer.headers().firstValue("cache-control")).hasValue("no-store");
    assertThat(answer.headers().firstValue("x-content-type-options")).hasValue("nosniff");
    var archive = out.resolve("files.tar.gz");
    Files.copy(answer.body(), archive);
    run("tar", "-C", out.toString(), "-xzf", archive.toString());
    var user = root.getParent().getParent().getFileName().toString();
    run("diff", "-r", "--no-dereference", home.resolve("srv/chom/sites").resolve(user).toString(), out.toString(),
        "--exclude=files.tar.gz");

    assertThat(status(Browser.of(acme.admin(), port), link)).as("a colleague").isEqualTo(404);
    assertThat(status(Browser.of(globex.admin(), port), link)).as("another customer").isEqualTo(404);
    assertThat(status(Browser.of(acme.member("MEMBER"), port), link)).as("without the right").isEqualTo(403);
    assertThat(status(new Browser(port), link)).as("a stranger is sent to the login").isEqualTo(302);
    assertThat(status(browser, link.substring(0, link.length() - 1) + (link.endsWith("A") ? "B" : "A")))
        .as("another secret").isEqualTo(404);
    for (int again = 2; again <= 5; again++) {
      assertThat(whole(browser, link)).isTrue();
    }
    assertThat(status(browser, link)).as("used up").isEqualTo(404);
    var told = ours(() -> audit.page(null, 200)).stream().filter(event -> event.action().startsWith("backup.download"))
        .toList();
    assertThat(told).extracting("action").containsOnly("backup.download.link", "backup.download").hasSize(6);
    assertThat(told.toString()).doesNotContain(token(link));
    assertThat(text("select count(*) from backup_download where token_hash = '" + token(link) + "'"))
        .isEqualTo("0");
  }

  @Test
  void aLinkThatIsOverRevokedOrWhoseBackupIsGoneOpensNothing() throws Exception {
    Files.writeString(root.resolve("page.html"), "page");
    var backup = taken();
    var link = link(backup, Map.of("what", "files", "path", "releases"));
    assertThat(whole(browser, link)).isTrue();
    RealServices.asAdministrator("update backup_download set expires_at = now() where id = '" + id(link) + "'");
    assertThat(status(browser, link)).isEqualTo(404);

    var revoked = link(backup, Map.of("what", "full"));
    assertThat(browser.post(address(backup) + "/" + id(revoked) + "/revoke", Map.of()).status()).isEqualTo(302);
    assertThat(status(browser, revoked)).isEqualTo(404);

    var last = link(backup, Map.of("what", "full"));
    assertThat(Browser.of(globex.admin(), port).post(address(backup) + "/" + id(last) + "/revoke", Map.of()).status())
        .isEqualTo(404);
    assertThat(whole(browser, last)).isTrue();
    ended(ours(() -> backups.delete(site, backup.id(), backup.domain(), Actor.PANEL)).orElseThrow());
    assertThat(status(browser, last)).isEqualTo(404);
  }

  @Test
  void whatTheServerCannotGiveIsSaidBeforeTheFirstByteAndCostsNoUse() throws Exception {
    Files.writeString(root.resolve("page.html"), "page");
    var backup = taken();
    for (var path : List.of("../s999999", "/etc/passwd", "a//b", "a/./b", "a/")) {
      var refused = browser.post(address(backup), Map.of("what", "files", "path", path));
      assertThat(refused.status()).as(path).isEqualTo(422);
      assertThat(refused.body()).contains("names no file or directory");
    }
    assertThat(browser.post(address(backup), Map.of("what", "database")).status()).isEqualTo(422);
    var missing = link(backup, Map.of("what", "files", "path", "shared/nothing"));
    var answer = get(browser, missing);
    assertThat(answer.statusCode()).isEqualTo(502);
    assertThat(new String(answer.body().readAllBytes())).contains("does not hold that");

    var link = link(backup, Map.of("what", "files"));
    machine.powerOff();
    shared = null;
    var away = get(browser, link);
    assertThat(away.statusCode()).isEqualTo(502);
    assertThat(new String(away.body().readAllBytes())).contains("does not answer");
    assertThat(text("select string_agg(distinct status, ',') from backup_download_use u where tenant_id = '" + acme.id()
        + "'"))
        .isEqualTo("REFUSED");
  }

  @Test
  void aReaderThatTakesItsTimeHoldsResticUpOneThatGoesEndsItAndHalfOfOneNeverLooksWhole() throws Exception {
    Files.write(root.resolve("big.bin"), random(BIG));
    var backup = taken();
    var link = link(backup, Map.of("what", "files"));
    long before = usedMemory();
    try (var body = get(browser, link).body()) {
      assertThat(body.readNBytes(1000)).hasSize(1000);
      assertThat(eventually(this::dumps, many -> many == 1)).isEqualTo(1);
      // what fits on the way is there; the rest waits in restic
      assertThat(usedMemory() - before).isLessThan(BIG);
      assertThat(dumps()).isEqualTo(1);
    }
    assertThat(eventually(this::dumps, many -> many == 0, Duration.ofSeconds(20))).isZero();
    assertThat(eventually(
        () -> text("select status from backup_download_use where tenant_id = '" + acme.id() + "'"),
        "BROKEN"::equals)).isEqualTo("BROKEN");
    assertThat(whole(browser, link)).as("it can be opened again").isTrue();
    oneThatBreaksOffNeverLooksWhole(backup);
  }

  private void oneThatBreaksOffNeverLooksWhole(BackupView backup) throws Exception {
    var link = link(backup, Map.of("what", "files"));
    try (var body = get(browser, link).body()) {
      body.readNBytes(1000);
      machine.hangUp();
      assertThatThrownBy(() -> body.transferTo(OutputStream.nullOutputStream()))
          .isInstanceOf(IOException.class);
    }
    try (var body = get(browser, link).body()) {
      body.readNBytes(1000);
      killDump();
      assertThatThrownBy(() -> body.transferTo(OutputStream.nullOutputStream()))
          .isInstanceOf(IOException.class);
    }
    // revoked, while somebody downloads by it
    try (var body = get(browser, link).body()) {
      body.readNBytes(1000);
      browser.post(address(backup) + "/" + id(link) + "/revoke", Map.of());
      assertThatThrownBy(() -> slowly(body)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void severalComeAtOnceAndNoMoreThanThree() throws Exception {
    Files.write(root.resolve("big.bin"), random(BIG));
    var backup = taken();
    var link = link(backup, Map.of("what", "files"));
    var bodies = new ArrayList<InputStream>();
    try {
      for (int i = 0; i < 3; i++) {
        bodies.add(get(browser, link).body());
      }
      var fourth = get(browser, link);
      assertThat(fourth.statusCode()).isEqualTo(429);
      assertThat(fourth.headers().firstValue("retry-after")).isPresent();
      assertThat(new String(fourth.body().readAllBytes())).contains("As many downloads as may");
      var first = bodies.getFirst().readAllBytes();
      assertThat(first.length).isGreaterThan(BIG);
      assertThat(bodies.get(1).readAllBytes()).isEqualTo(first);
      bodies.get(2).close();
      assertThat(eventually(() -> status(browser, link), code -> code == 200)).isEqualTo(200);
    } finally {
      for (var body : bodies) {
        body.close();
      }
    }
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

  private static void slowly(InputStream body) throws IOException, InterruptedException {
    var end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (body.readNBytes(100_000).length > 0) {
      if (System.nanoTime() > end) {
        throw new AssertionError("it went on");
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  private static long usedMemory() {
    System.gc();
    var runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  /** How many of restic give a backup of this server. */
  private int dumps() {
    return resticDumps().size();
  }

  private List<ProcessHandle> resticDumps() {
    return ProcessHandle.allProcesses().filter(process -> {
      try {
        var words = Files.readString(Path.of("/proc", "" + process.pid(), "cmdline"),
            java.nio.charset.StandardCharsets.ISO_8859_1);
        return words.contains("restic\0") && words.contains(home.toString()) && words.contains("\0dump\0");
      } catch (IOException e) {
        return false;
      }
    }).toList();
  }

  private void killDump() {
    var found = eventually(this::resticDumps, many -> !many.isEmpty());
    found.forEach(ProcessHandle::destroyForcibly);
  }

  private String address(BackupView backup) {
    return "/sites/" + site + "/backups/" + backup.id() + "/downloads";
  }

  private String link(BackupView backup, Map<String, String> form) {
    var answer = browser.post(address(backup), form);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    var found = LINK.matcher(answer.body());
    assertThat(found.find()).isTrue();
    return found.group();
  }

  private static String id(String link) {
    return link.substring("/downloads/".length(), link.indexOf('?'));
  }

  private static String token(String link) {
    return link.substring(link.indexOf('=') + 1);
  }

  private HttpResponse<InputStream> get(Browser who, String path) {
    try {
      return http.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
          .header("Cookie", who.cookieHeader()).header("Accept", "text/html").build(), BodyHandlers.ofInputStream());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private int status(Browser who, String path) {
    var answer = get(who, path);
    try (var body = answer.body()) {
      body.readNBytes(100);
      return answer.statusCode();
    } catch (IOException e) {
      return answer.statusCode();
    }
  }

  private boolean whole(Browser who, String path) throws IOException {
    var answer = get(who, path);
    return answer.statusCode() == 200 && answer.body().readAllBytes().length > 0;
  }

  private static byte[] random(int size) {
    var bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  private static void run(String... command) throws Exception {
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var said = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor()).as(said).isZero();
  }

  private BackupView taken() {
    var made = ours(() -> backups.create(site, BackupType.FULL, null, Actor.PANEL));
    ended(made.operation());
    var view = view(made.backup());
    assertThat(view.status()).as(view.failure()).isEqualTo(BackupStatus.COMPLETED);
    return view;
  }

  private BackupView view(BackupId id) {
    return ours(() -> backups.get(site, id));
  }

  private void ended(Operation operation) {
    var end = eventually(() -> ours(() -> operations.get(operation.id())), seen -> seen.status().ended());
    assertThat(end.errorCode()).as(end.errorMessage()).isNull();
  }

  private <T> T ours(Supplier<T> work) {
    return TenantContext.callAs(acme.id(), work::get);
  }
}
