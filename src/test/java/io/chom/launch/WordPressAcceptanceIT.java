package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.testing.Rig;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Two servers with a WordPress each lose it, and get it back from every kind of target as it was to the byte. */
@Tag("acceptance")
class WordPressAcceptanceIT {
  @RegisterExtension
  static final Rig rig = Rig.of(3).withDisk("8G");
  @TempDir
  static Path directory;
  static PanelOnRig panel;
  static final List<WordPress> shops = new ArrayList<>();
  private static String second;
  private static String third;
  private static int day;

  @BeforeAll
  static void twoServersWithAShopEach() throws Exception {
    panel = PanelOnRig.start(directory, Map.of("CHOM_OUTBOUND_ALLOW", beside() + "/24"));
    for (int i = 0; i < 2; i++) {
      second = panel.enrol(rig.full(i), "web-" + (i + 1));
      shops.add(
          WordPress.site(panel, rig.full(i), second, "shop" + (i + 1) + ".example").installed().filled(200, 200_000));
    }
    third = panel.enrol(rig.full(2), "web-3");
    assertThat(shops).allSatisfy(shop -> {
      shop.answers();
      assertThat(shop.fileCount()).isGreaterThan(20_000);
    });
  }

  @AfterAll
  static void stop() throws Exception {
    panel.close();
  }

  @Test
  void fromADirectoryOfTheServer() {
    lostAndBack("the server's own directory", null);
  }

  @Test
  void fromAnSftpHost() {
    var keeper = rig.full(2);
    keeper.sh("useradd --create-home --shell /usr/sbin/nologin keeper && install -d -o keeper -g keeper ~keeper/backups"
        + " && printf 'Match User keeper\nForceCommand internal-sftp\n' >/etc/ssh/sshd_config.d/keeper.conf"
        + " && systemctl reload ssh");
    var made = panel.api().post("/backup-targets",
        Map.of("name", "box", "kind", "sftp", "location", "sftp://keeper@" + keeper.address() + "/backups")).ok()
        .path("target");
    keeper.sh("install -d -m 700 -o keeper -g keeper ~keeper/.ssh && echo '" + made.path("publicKey").asString()
        + "' >~keeper/.ssh/authorized_keys && chown keeper: ~keeper/.ssh/authorized_keys");
    var target = made.path("id").asString();
    assertThat(panel.api().post("/backup-targets/" + target + "/check", Map.of()).ok().path("status").asString())
        .isEqualTo("READY");
    lostAndBack("SFTP (OpenSSH)", target);
  }

  @Test
  void fromARestServer() throws Exception {
    try (var keeper = BackupKeeper.rest(directory, beside())) {
      lostAndBack("REST (rclone)", kept(keeper));
    }
  }

  @Test
  void fromAnS3Bucket() throws Exception {
    try (var keeper = BackupKeeper.s3(directory, beside())) {
      var target = kept(keeper);
      var backups = lostAndBack("S3 (S3Proxy)", target);
      partsComeBack(backups);
      comesBackOnTheOtherServer(backups);
    }
  }

  @Test
  void fromAnotherServerOfThePanel() {
    var made = panel.api().post("/backup-targets", Map.of("name", "web-3", "kind", "server", "on", third)).ok();
    panel.succeeded(made);
    var target = made.path("target").path("id").asString();
    PanelProcess.await("it to be got into",
        () -> panel.api().get("/backup-targets/" + target).ok().path("status").asString().equals("READY"));
    lostAndBack("another server of the panel (SFTP)", target);
  }

  /** One file, one table: those as they were, all else as it is now. */
  private static void partsComeBack(Map<WordPress, JsonNode> backups) {
    var shop = shops.getFirst();
    var backup = backups.get(shop).path("id").asString();
    var readme = shop.sum("readme.html");
    var customers = shop.checksum("shop_customer");
    shop.sh("echo spoilt >%1$s/readme.html && echo newer >%1$s/wp-mail.php && chown %2$s: %1$s/wp-mail.php"
        .formatted(shop.root(), shop.user()));
    shop.sh("mariadb %1$s -e 'delete from shop_customer; delete from shop_order where id < 100'"
        .formatted(shop.database()));
    var newer = shop.sum("wp-mail.php");
    var orders = shop.checksum("shop_order");
    var restores = shop.path() + "/backups/" + backup + "/restore";
    say("S3 (S3Proxy)", "one file", took(panel.api()
        .post(restores, Map.of("what", "files", "paths", List.of(shop.inHome("readme.html")))).ok()));
    say("S3 (S3Proxy)", "one table", took(panel.api()
        .post(restores, Map.of("what", "database", "database", "main", "tables", List.of("shop_customer"))).ok()));
    assertThat(shop.sum("readme.html")).isEqualTo(readme);
    assertThat(shop.sum("wp-mail.php")).as("what was not asked for").isEqualTo(newer);
    assertThat(shop.checksum("shop_customer")).isEqualTo(customers);
    assertThat(shop.checksum("shop_order")).as("what was not asked for").isEqualTo(orders);
    shop.answers();
  }

  /** The first shop's server is lost for good: a new site on the second one takes its place and answers. */
  private static void comesBackOnTheOtherServer(Map<WordPress, JsonNode> backups) {
    var lost = shops.getFirst();
    var heir = WordPress.site(panel, rig.full(1), second, "heir.example");
    say("S3 (S3Proxy)", "restore to the other server", took(panel.api()
        .post(lost.path() + "/backups/" + backups.get(lost).path("id").asString() + "/restore",
            Map.of("what", "full", "to", heir.id(), "adapt", true))
        .ok()));
    heir.answers();
    assertThat(heir.checksum("shop_customer").split("\t")[1]).isEqualTo(lost.checksum("shop_customer").split("\t")[1]);
    assertThat(heir.fileCount()).isEqualTo(lost.fileCount());
  }

  private static double took(JsonNode asked) {
    panel.succeeded(asked);
    return seconds(Map.of(shops.getFirst(), asked));
  }

  private static String kept(BackupKeeper keeper) throws Exception {
    return panel.api().post("/backup-targets", keeper.wanted(keeper.kind())).ok().path("target").path("id").asString();
  }

  private static String beside() {
    return rig.full(0).address().replaceFirst("[0-9]+$", "1");
  }

  /** @param target where to; null for the tenant's usual one */
  private static Map<WordPress, JsonNode> lostAndBack(String kind, @Nullable String target) {
    var wanted = new HashMap<String, Object>(Map.of("type", "full"));
    if (target != null) {
      wanted.put("target", target);
    }
    report(kind, "first", backups(wanted));
    day++;
    shops.forEach(shop -> shop.goesOn(day));
    var second = backups(wanted);
    report(kind, "next", second);
    var files = shops.stream().map(WordPress::files).toList();
    shops.forEach(WordPress::noteRows);

    var proofs = together(shop -> panel.api()
        .post(shop.path() + "/backups/" + second.get(shop).path("id").asString() + "/verify", Map.of()).ok());
    for (var shop : shops) {
      var proof = one(shop, second).path("lastProof");
      assertThat(proof.path("outcome").asString()).as("%s", proof).isEqualTo("PROVEN");
    }
    say(kind, "proof", seconds(proofs));

    shops.forEach(WordPress::isLost);
    var restores = together(shop -> panel.api()
        .post(shop.path() + "/backups/" + second.get(shop).path("id").asString() + "/restore", Map.of("what", "full"))
        .ok());
    say(kind, "restore", seconds(restores));
    for (int i = 0; i < shops.size(); i++) {
      assertThat(shops.get(i).files()).as("the files, byte for byte").isEqualTo(files.get(i));
      assertThat(shops.get(i).otherRows()).as("the rows, byte for byte").isEmpty();
      shops.get(i).answers();
    }
    return second;
  }

  /** One of each shop, at the same time. */
  private static Map<WordPress, JsonNode> backups(Map<String, ?> wanted) {
    return together(shop -> panel.api().post(shop.path() + "/backups", wanted).ok());
  }

  private static Map<WordPress, JsonNode> together(Function<WordPress, JsonNode> ask) {
    var asked = new HashMap<WordPress, JsonNode>();
    shops.forEach(shop -> asked.put(shop, ask.apply(shop)));
    asked.values().forEach(panel::succeeded);
    return asked;
  }

  private static JsonNode one(WordPress shop, Map<WordPress, JsonNode> backup) {
    return panel.api().get(shop.path() + "/backups/" + backup.get(shop).path("id").asString()).ok();
  }

  private static void report(String kind, String which, Map<WordPress, JsonNode> backups) {
    var shown = one(shops.getFirst(), backups).path("backup");
    say(kind, which + " backup (" + shown.path("files").asInt() + " files, " + megabytes(shown, "sizeBytes")
        + " MB, stored " + megabytes(shown, "addedBytes") + " MB)", seconds(backups));
  }

  private static long megabytes(JsonNode shown, String name) {
    return shown.path(name).asLong() / 1_000_000;
  }

  /** From the request to the end, of the slower one. */
  private static double seconds(Map<WordPress, JsonNode> asked) {
    return asked.values().stream().mapToDouble(one -> {
      var operation = panel.operation(one.path("operation").path("id").asString());
      return Duration.between(Instant.parse(operation.path("createdAt").asString()),
          Instant.parse(operation.path("finishedAt").asString())).toMillis() / 1000.0;
    }).max().orElseThrow();
  }

  private static void say(String kind, String what, double seconds) {
    System.out.println(String.format(Locale.ROOT, "FIGURE %s: %s, both at once: %.1f s", kind, what, seconds));
  }
}
