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
  static final Rig rig = Rig.of(2).withDisk("8G");
  @TempDir
  static Path directory;
  static PanelOnRig panel;
  static final List<WordPress> shops = new ArrayList<>();
  private static int day;

  @BeforeAll
  static void twoServersWithAShopEach() throws Exception {
    panel = PanelOnRig.start(directory, Map.of());
    for (int i = 0; i < 2; i++) {
      var server = panel.enrol(rig.full(i), "web-" + (i + 1));
      shops.add(
          WordPress.site(panel, rig.full(i), server, "shop" + (i + 1) + ".example").installed().filled(200, 200_000));
    }
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

  /** @param target where to; null for the tenant's usual one */
  private static void lostAndBack(String kind, @org.jspecify.annotations.Nullable String target) {
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
