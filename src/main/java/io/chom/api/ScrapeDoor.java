package io.chom.api;

import io.chom.accounts.Open;
import io.chom.common.ChomException;
import io.chom.metrics.ScrapeTarget;
import io.chom.metrics.ScrapeTargetNotFound;
import io.chom.metrics.Scrapes;
import jakarta.servlet.http.HttpServletRequest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/** Prometheus' door: what it is to ask, and the answers. Only the token of the scraping opens it, and nothing else. */
@RestController
class ScrapeDoor {
  private static final int NODE_EXPORTER = 9100;
  private static final String SERIES = "text/plain; version=0.0.4; charset=utf-8";

  private final Scrapes scrapes;

  ScrapeDoor(Scrapes scrapes) {
    this.scrapes = scrapes;
  }

  /** As Prometheus' http_sd reads it. */
  record Group(List<String> targets, Map<String, String> labels) {}

  /** Prometheus finds the panel's answers where it found this. */
  @Open
  @GetMapping(value = "/metrics/targets", produces = MediaType.APPLICATION_JSON_VALUE)
  List<Group> targets(HttpServletRequest request) {
    var panel = request.getServerName() + ":" + request.getServerPort();
    return scrapes.relayed().stream().map(target -> {
      var labels = new LinkedHashMap<>(target.labels());
      labels.put("__scheme__", request.getScheme());
      labels.put("__metrics_path__", target.path());
      return new Group(List.of(panel), labels);
    }).toList();
  }

  /** Apart from the others, so that no server is ever sent the token. */
  @Open
  @GetMapping(value = "/metrics/targets/direct", produces = MediaType.APPLICATION_JSON_VALUE)
  List<Group> direct() {
    return scrapes.direct().stream().map(target -> new Group(List.of(address(target)), target.labels())).toList();
  }

  private static String address(ScrapeTarget target) {
    var host = target.host();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + NODE_EXPORTER;
  }

  @Open
  @GetMapping(value = "/metrics/scrape/{job}/{server}/{tenant}")
  ResponseEntity<String> scrape(@PathVariable String job, @PathVariable String server, @PathVariable String tenant) {
    return ResponseEntity.ok().header("Content-Type", SERIES).body(scrapes.scrape(job, server, tenant));
  }

  @ExceptionHandler
  ResponseEntity<String> notFound(ScrapeTargetNotFound why) {
    return plain(HttpStatus.NOT_FOUND, why);
  }

  /** For Prometheus it is down. */
  @ExceptionHandler
  ResponseEntity<String> away(ChomException why) {
    return plain(HttpStatus.SERVICE_UNAVAILABLE, why);
  }

  private static ResponseEntity<String> plain(HttpStatus status, ChomException why) {
    return ResponseEntity.status(status).contentType(MediaType.TEXT_PLAIN).body(why.getMessage() + "\n");
  }
}
