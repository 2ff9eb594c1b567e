package io.chom.metrics;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** Of what a server says of its machine, that which has a known name, known labels and a number for a value. */
final class NodeSeries {
  private static final int LONGEST = 1024;
  private static final int MOST = 2000;
  private static final Pattern LINE = Pattern.compile(
      "(node_[A-Za-z0-9_]{1,80})(?:\\{([^{}\\\\\n]{0,800})})? ([+-]?[0-9]{1,30}(?:\\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,3})?)");
  private static final Pattern LABEL = Pattern.compile("([a-z_]{1,30})=\"([^\"\\\\\n]{0,200})\"(?:,|$)");
  private static final Set<String> LABELS = Set.of("cpu", "mode", "device", "mountpoint", "fstype");
  private static final Pattern COUNTERS = Pattern.compile("node_(cpu_seconds_total|network_(receive|transmit)"
      + "_(bytes|packets|errs|drop)_total|disk_(read_bytes|written_bytes|io_time_seconds|reads_completed|writes_completed)"
      + "_total|vmstat_(oom_kill|pgmajfault)|pressure_(cpu|io|memory)_waiting_seconds_total)");
  private static final Pattern GAUGES = Pattern.compile("node_(load(1|5|15)|boot_time_seconds|time_seconds"
      + "|procs_(running|blocked)|memory_(MemTotal|MemFree|MemAvailable|Buffers|Cached|SwapTotal|SwapFree)_bytes"
      + "|filesystem_(size_bytes|avail_bytes|free_bytes|files|files_free|readonly)|filefd_(allocated|maximum))");

  private NodeSeries() {}

  static void write(JsonNode lines, Exposition into) {
    var count = 0;
    for (var line : lines) {
      if (++count > MOST) {
        into.truncated();
        return;
      }
      write(line.asString(""), into);
    }
  }

  private static void write(String line, Exposition into) {
    var series = LINE.matcher(line.length() > LONGEST ? "" : line);
    if (!series.matches()) {
      return;
    }
    var name = series.group(1);
    var type = COUNTERS.matcher(name).matches() ? "counter" : GAUGES.matcher(name).matches() ? "gauge" : null;
    if (type == null) {
      return;
    }
    var labels = new TreeMap<String, String>();
    if (series.group(2) != null && !read(series.group(2), labels)) {
      return;
    }
    into.add(name, type, "", labels, series.group(3));
  }

  /** False where one is not the server's to set, or is no label. */
  private static boolean read(String text, Map<String, String> labels) {
    var label = LABEL.matcher(text);
    var end = 0;
    while (end < text.length()) {
      if (!label.find() || label.start() != end || !LABELS.contains(label.group(1))
          || labels.put(label.group(1), label.group(2)) != null) {
        return false;
      }
      end = label.end();
    }
    return true;
  }
}
