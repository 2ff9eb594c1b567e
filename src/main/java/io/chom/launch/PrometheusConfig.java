package io.chom.launch;

import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The word prometheus-config: prints what a Prometheus needs to find everything through this panel. */
final class PrometheusConfig {
  static final String NAME = "prometheus-config";
  private static final String TOKEN_FILE = "/etc/prometheus/chom-scrape.token";

  private final Map<String, String> environment;

  PrometheusConfig(Map<String, String> environment) {
    this.environment = environment;
  }

  int run(List<String> typed, PrintStream out) {
    var words = Words.read(typed, List.of("url", "token-file"), List.of());
    var settings = Settings.read(environment);
    var url = words.get("url").orElse(settings.baseUrl().toString());
    if (!SettingRule.WEB_URL.accepts(url)) {
      throw new Words.Mistake("--url is \"" + url + "\": " + SettingRule.WEB_URL.advice());
    }
    var token = words.get("token-file").orElse(TOKEN_FILE);
    if (!token.matches("[A-Za-z0-9_./ -]+")) {
      throw new Words.Mistake("--token-file is \"" + token + "\": give a path of letters, digits, spaces and ._-/");
    }
    out.print(PrometheusFile.text(URI.create(url), Path.of(token), settings.scrapesDirectly()));
    return 0;
  }
}
