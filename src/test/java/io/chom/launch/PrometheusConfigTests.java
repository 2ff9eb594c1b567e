package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a Prometheus is to be told, judged by its own tool. */
class PrometheusConfigTests {
  @TempDir
  private Path directory;

  @Test
  void promtoolTakesWhatTheWordPrints() throws Exception {
    assumeThat(Child.found("promtool")).as("prometheus is installed").isTrue();
    var token = Files.writeString(directory.resolve("scrape token"), "x");
    for (var direct : List.of("true", "false")) {
      var printed = said(Map.of("CHOM_SCRAPE_DIRECT", direct), "prometheus-config", "--url=https://panel.example.org",
          "--token-file=" + token);
      assertThat(printed).contains("'https://panel.example.org/metrics/targets'");
      assertThat(printed.contains("/metrics/targets/direct")).isEqualTo(direct.equals("true"));
      var file = Files.writeString(directory.resolve("prometheus.yml"), printed);
      var checked = Child.run(Duration.ofSeconds(30), List.of("promtool", "check", "config", file.toString()));
      assertThat(checked.output()).contains("SUCCESS");
      assertThat(checked.well()).isTrue();
    }
  }

  @Test
  void whatIsNoAddressOrNoPathIsRefusedByName() {
    for (var wrong : List.of("--url=ftp://panel", "--url=http://a/b?c", "--token-file=a'b", "--tokens=x")) {
      assertThat(said(Map.of(), "prometheus-config", wrong)).as(wrong)
          .contains("chom: ", wrong.substring(0, wrong.indexOf('=')))
          .doesNotContain("scrape_configs");
    }
  }

  @Test
  void composeStartsOneWithTheSameFile() throws Exception {
    var printed = said(Map.of(), "prometheus-config", "--url=http://panel:8080").lines()
        .map(line -> line.isEmpty() ? line : "      " + line).collect(Collectors.joining("\n", "", "\n"));
    assertThat(Files.readString(Path.of("docker-compose.yml"))).contains(printed);
  }

  private static String said(Map<String, String> environment, String... words) {
    var said = new ByteArrayOutputStream();
    var out = new PrintStream(said, true, java.nio.charset.StandardCharsets.UTF_8);
    CommandLine.run(List.of(words), environment, InputStream.nullInputStream(), out, out);
    return said.toString(java.nio.charset.StandardCharsets.UTF_8);
  }
}
