package io.chom.metrics;

import io.chom.sites.MeasuredSite;
import io.chom.sites.SiteId;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The series of one tenant's sites. Of what the server says only numbers get in, and only those about sites that the panel
 * knows there as this tenant's; all names and labels are the panel's.
 */
final class SiteSeries {
  private static final List<String> EDGES = List.of("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5",
      "5", "10", "+Inf");
  private static final String DURATION = "chom_site_http_request_duration_seconds";
  private static final long MOST = 1L << 60;

  private SiteSeries() {}

  static void write(List<MeasuredSite> sites, Map<SiteId, Instant> backups, JsonNode said, Exposition into) {
    var figures = new HashMap<String, JsonNode>();
    said.forEach(one -> figures.putIfAbsent(one.path("user").asString(""), one));
    for (var site : sites) {
      var labels = new TreeMap<>(Map.of("site_id", site.id().toString(), "domain", site.domain()));
      write(figures.get(site.unixUser()), labels, into);
      if (site.certificateEnds() != null) {
        into.gauge("chom_site_certificate_expiry_timestamp_seconds", labels, site.certificateEnds().getEpochSecond());
      }
      var backup = backups.get(site.id());
      if (backup != null) {
        into.gauge("chom_site_backup_success_timestamp_seconds", labels, backup.getEpochSecond());
      }
    }
  }

  private static void write(@Nullable JsonNode figures, Map<String, String> labels, Exposition into) {
    if (figures == null) {
      return;
    }
    var classes = numbers(figures.path("requests"), 5);
    var buckets = numbers(figures.path("buckets"), EDGES.size());
    var taken = number(figures.path("milliseconds"));
    var bytes = number(figures.path("bytes"));
    if (classes != null && buckets != null && taken != null && bytes != null) {
      for (var i = 0; i < classes.length; i++) {
        into.counter("chom_site_http_requests_total", with(labels, "status", i + 1 + "xx"), classes[i]);
      }
      into.counter("chom_site_http_sent_bytes_total", labels, bytes);
      var count = 0L;
      for (var i = 0; i < buckets.length; i++) {
        count = Math.min(count + buckets[i], Long.MAX_VALUE / 4);
        into.add(DURATION, "histogram", "_bucket", with(labels, "le", EDGES.get(i)), "" + count);
      }
      into.add(DURATION, "histogram", "_sum", labels,
          String.format(Locale.ROOT, "%d.%03d", taken / 1000, taken % 1000));
      into.add(DURATION, "histogram", "_count", labels, "" + count);
    }
    var processes = number(figures.path("php"));
    if (processes != null) {
      into.gauge("chom_site_php_processes", labels, processes);
    }
    var disk = number(figures.path("disk"));
    if (disk != null) {
      into.gauge("chom_site_disk_bytes", labels, disk);
    }
  }

  private static Map<String, String> with(Map<String, String> labels, String name, String value) {
    var more = new TreeMap<>(labels);
    more.put(name, value);
    return more;
  }

  private static long @Nullable [] numbers(JsonNode said, int count) {
    if (!said.isArray() || said.size() != count) {
      return null;
    }
    var numbers = new long[count];
    for (var i = 0; i < count; i++) {
      var one = number(said.get(i));
      if (one == null) {
        return null;
      }
      numbers[i] = one;
    }
    return numbers;
  }

  private static @Nullable Long number(JsonNode said) {
    return said.isIntegralNumber() && said.canConvertToLong() && said.longValue() >= 0 && said.longValue() < MOST
        ? said.longValue()
        : null;
  }
}
