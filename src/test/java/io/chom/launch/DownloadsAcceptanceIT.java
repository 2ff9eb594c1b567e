package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.testing.Rig;
import io.chom.testing.RigHost;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Backups of a real host that come through the panel: whole or visibly not, and never through its memory. */
@Tag("acceptance")
class DownloadsAcceptanceIT {
  private static final int MEGABYTES = 200;
  private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");
  @RegisterExtension
  static final Rig rig = Rig.of(1);
  @TempDir
  static Path directory;
  static PanelOnRig panel;
  static String user;
  static String backups;
  static String backup;

  @BeforeAll
  static void enrolTheHostAndBackASiteUp() throws Exception {
    panel = PanelOnRig.start(directory, Map.of());
    panel.enrol(host(), "web-1");
    var made = panel.api().post("/sites", Map.of("domain", "shop.example", "type", "php")).ok();
    panel.succeeded(made);
    var site = "/sites/" + made.path("id").asString();
    user = panel.api().get(site).ok().path("systemUser").asString();
    panel.succeeded(panel.api().post(site + "/databases", Map.of("name", "main")).ok());
    host().sh("""
        cd /srv/chom/sites/%1$s/shared
        for n in $(seq 1 20); do mkdir -p "part $n"; head -c %2$d /dev/urandom >"part $n/large"; done
        seq 1 2000 | xargs -n 1 -I{} sh -c 'echo {} >"part 1/file {}"'
        printf x >"$(printf 'not\\377utf8')"
        chown -R %1$s: .
        mariadb %1$s_main -e "create table note (text varchar(99)); insert into note values ('first'), ('second')"
        """.formatted(user, MEGABYTES * 1_000_000 / 20));
    backups = site + "/backups";
    var taken = panel.api().post(backups, Map.of("type", "full")).ok();
    panel.succeeded(taken);
    backup = taken.path("id").asString();
  }

  @AfterAll
  static void stop() throws Exception {
    panel.close();
  }

  @Test
  void twoHundredMegabytesAreTheFilesByteByByteAndTheDumpCanBeImported() throws Exception {
    var archive = directory.resolve("full.tar");
    long before = resident();
    var started = System.nanoTime();
    var answer = panel.api().open(link(Map.of("what", "full", "compressed", false)));
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("content-disposition").orElseThrow()).contains("shop.example-full-", ".tar");
    try (var body = answer.body()) {
      Files.copy(body, archive);
    }
    var seconds = (System.nanoTime() - started) / 1e9;
    System.out.printf("Downloaded %d MB in %.1f s; the panel grew by %d MB%n", Files.size(archive) / 1_000_000, seconds,
        (resident() - before) / 1_000_000);
    assertThat(Files.size(archive)).isGreaterThan(MEGABYTES * 1_000_000L);
    var sums = "find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1";
    var here = run("mkdir out && tar -C out -xf full.tar && cd out/files && " + sums);
    assertThat(here).isEqualTo(host().sh("cd /srv/chom/sites/" + user + " && " + sums).strip());
    try (var dump = Files.newInputStream(directory.resolve("out/databases/main.sql"))) {
      host().shWithInput(dump, "sh", "-c", "mariadb -e 'create database imported' && mariadb imported").text();
    }
    assertThat(host().sh("mariadb -N imported -e 'select group_concat(text order by text) from note'").strip())
        .isEqualTo("first,second");
    nothingIsLeft();
  }

  @Test
  void aPartComesCompressedAndOneFileAsItIs() throws Exception {
    try (var body = panel.api().open(link(Map.of("what", "files", "path", "shared/part 1"))).body()) {
      Files.copy(body, directory.resolve("part.tar.gz"));
    }
    assertThat(run("mkdir part && tar -C part -xzf part.tar.gz && cd 'part/shared/part 1' && ls | wc -l"))
        .isEqualTo("2001");
    var file = panel.api().open(link(Map.of("what", "files", "path", "shared/not%FFutf8", "compressed", false)));
    assertThat(file.headers().firstValueAsLong("content-length")).hasValue(1);
    assertThat(new String(file.body().readAllBytes())).isEqualTo("x");
    try (var dump = panel.api().open(link(Map.of("what", "database", "database", "main"))).body()) {
      Files.copy(dump, directory.resolve("main.sql.gz"));
    }
    assertThat(run("zgrep -c 'INSERT INTO `note`' main.sql.gz")).isEqualTo("1");
    nothingIsLeft();
  }

  @Test
  void aSlowReaderCostsNoMemoryAndResticEndsWithItsReader() throws Exception {
    var link = link(Map.of("what", "files", "compressed", false));
    long before = resident();
    var body = panel.api().open(link).body();
    assertThat(body.readNBytes(1_000_000)).hasSize(1_000_000);
    PanelProcess.await("restic to wait", () -> restics() == 1 && standsStill());
    assertThat(resident() - before).as("what the panel grew by").isLessThan(100_000_000);
    assertThat(panel.api().get(backups).status()).as("everything else goes on").isEqualTo(200);
    body.close();
    PanelProcess.await("restic to end", () -> restics() == 0);
    nothingIsLeft();
  }

  @Test
  void oneThatBreaksOffOnItsWayNeverEndsAsIfItWereWhole() throws Exception {
    var link = link(Map.of("what", "files", "compressed", false));
    try (var body = panel.api().open(link).body()) {
      body.readNBytes(100_000);
      host().sh("pkill -KILL -x restic");
      assertThatThrownBy(() -> toTheEnd(body)).isInstanceOf(IOException.class);
    }
    try (var body = panel.api().open(link).body()) {
      body.readNBytes(100_000);
      host().sh("pkill -KILL -f 'sshd: chom'");
      assertThatThrownBy(() -> toTheEnd(body)).isInstanceOf(IOException.class);
    }
    PanelProcess.await("restic to end", () -> restics() == 0);
    try (var body = panel.api().open(link).body()) {
      assertThat(toTheEnd(body)).as("the next one comes").isGreaterThan(MEGABYTES * 1_000_000L);
    }
    nothingIsLeft();
  }

  private static long toTheEnd(InputStream body) throws IOException {
    return body.transferTo(OutputStream.nullOutputStream());
  }

  private static String link(Map<String, ?> what) {
    var made = panel.api().post(backups + "/" + backup + "/downloads", new HashMap<>(what)).ok();
    return made.path("url").asString();
  }

  private static int restics() {
    return Integer.parseInt(host().sh("pgrep -c -x restic || true").strip());
  }

  /** Whether restic has read nothing more for a while. */
  private static boolean standsStill() {
    return host().sh("""
        seen() { cat /proc/$(pgrep -x restic | head -n 1)/io | grep rchar; }
        before=$(seen); sleep 1; [ "$before" = "$(seen)" ] && echo yes || echo no
        """).strip().equals("yes");
  }

  /** No process, no ticket, no copy. */
  private static void nothingIsLeft() {
    PanelProcess.await("the host to be as before", () -> restics() == 0
        && host().sh("ls -A /run/vpsmanager/downloads; ls -d /run/vpsmanager/look.* 2>/dev/null || true").isBlank());
    assertThat(host().sh("find / -xdev -newer /etc/vpsmanager -name '*.tar*' -size +1M 2>/dev/null || true")).isBlank();
  }

  private static long resident() throws IOException {
    var found = RESIDENT.matcher(Files.readString(Path.of("/proc/" + panel.process().pid() + "/status")));
    assertThat(found.find()).isTrue();
    return Long.parseLong(found.group(1)) * 1024;
  }

  private static String run(String script) throws Exception {
    var process = new ProcessBuilder("bash", "-ec", script).directory(directory.toFile()).redirectErrorStream(true)
        .start();
    var said = new String(process.getInputStream().readAllBytes()).strip();
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }

  private static RigHost host() {
    return rig.full(0);
  }
}
