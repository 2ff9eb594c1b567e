package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The files an installation starts from say the same as the code. */
class DeploymentFilesTests {
  private static final Pattern IN_YAML = Pattern.compile("\\$\\{(CHOM_[A-Z_]+)");
  private static final Pattern IN_COMPOSE = Pattern.compile("\\$\\{([A-Z_]+)");
  private static final Pattern ASSIGNED = Pattern.compile("(?m)^([A-Z_]+)=");

  @Test
  void everySettingIsInApplicationYmlAndInEnvExampleAndNoOther() throws IOException {
    Set<String> settings = new TreeSet<>(Arrays.stream(Setting.values()).map(Enum::name).toList());
    Set<String> example = found(ASSIGNED, ".env.example");
    Set<String> onlyForCompose = found(IN_COMPOSE, "docker-compose.yml");
    onlyForCompose.removeAll(settings);
    assertThat(found(IN_YAML, "src/main/resources/application.yml")).isEqualTo(settings);
    assertThat(example).containsAll(settings).containsAll(onlyForCompose);
    example.removeAll(settings);
    assertThat(example).isEqualTo(onlyForCompose);
  }

  @Test
  void envExampleExplainsEachSettingInOneLineAboveIt() throws IOException {
    List<String> lines = Files.readAllLines(Path.of(".env.example"));
    for (int i = 0; i < lines.size(); i++) {
      if (ASSIGNED.matcher(lines.get(i)).find()) {
        assertThat(lines.get(i - 1)).as(lines.get(i)).startsWith("# ").doesNotStartWith("# ---");
      }
    }
  }

  @Test
  void thePanelStartsWithTheValuesOfEnvExample() throws IOException {
    var environment = new java.util.HashMap<String, String>();
    for (String line : Files.readAllLines(Path.of(".env.example"))) {
      if (ASSIGNED.matcher(line).find() && Arrays.stream(Setting.values())
          .anyMatch(setting -> line.startsWith(setting + "="))) {
        environment.put(line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1));
      }
    }
    assertThat(Settings.read(environment).warnings()).isEmpty();
  }

  @Test
  void caddyTakesTheCaddyfile() {
    assumeThat(Child.found("caddy")).as("caddy is installed").isTrue();
    for (String upstreams : List.of("", "panel-1:8080 panel-2:8080")) {
      var validated = Child.run(Duration.ofMinutes(1),
          List.of("caddy", "validate", "--config", "Caddyfile", "--adapter", "caddyfile"),
          upstreams.isEmpty()
              ? Map.of()
              : Map.of("CHOM_UPSTREAMS", upstreams, "CHOM_SITE_ADDRESS", "panel.example.org"));
      assertThat(validated.output()).contains("Valid configuration");
      assertThat(validated.exit()).isZero();
    }
  }

  @Test
  void theLauncherKeepsItsPromises() {
    assumeThat(Child.found("bats")).as("bats is installed").isTrue();
    var run = Child.run(Duration.ofMinutes(2), List.of("bats", "src/test/scripts"));
    assertThat(run.well()).as(run.output()).isTrue();
  }

  @Test
  void theLauncherIsCleanShell() {
    assumeThat(Child.found("shellcheck")).as("shellcheck is installed").isTrue();
    var run = Child.run(Duration.ofMinutes(1), List.of("shellcheck", "src/main/scripts/chom"));
    assertThat(run.well()).as(run.output()).isTrue();
  }

  private static Set<String> found(Pattern pattern, String file) throws IOException {
    return new TreeSet<>(
        pattern.matcher(Files.readString(Path.of(file))).results().map(result -> result.group(1)).toList());
  }
}
