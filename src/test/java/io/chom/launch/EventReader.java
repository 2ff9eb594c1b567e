package io.chom.launch;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** Reads a stream of events (WHATWG HTML) as a browser does, on a thread of its own. */
final class EventReader implements AutoCloseable {
  record Event(String id, String name, String data) {}

  private final HttpClient http = HttpClient.newHttpClient();
  private final List<Event> events = new CopyOnWriteArrayList<>();
  private final Thread reading;
  private volatile int status;
  private volatile boolean ended;

  EventReader(int port, String path, Map<String, String> headers) {
    var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    headers.forEach(request::header);
    reading = Thread.ofVirtual().start(() -> read(request.build()));
  }

  private void read(HttpRequest request) {
    try {
      var answer = http.send(request, BodyHandlers.ofInputStream());
      status = answer.statusCode();
      try (var lines = new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
        String id = "";
        String name = "message";
        var data = new StringBuilder();
        boolean whole = false;
        for (var line = lines.readLine(); line != null; line = lines.readLine()) {
          if (line.isEmpty()) {
            // an event counts once its empty line has come: what is cut before that is no event
            if (whole) {
              events.add(new Event(id, name, data.toString()));
            }
            name = "message";
            data.setLength(0);
            whole = false;
          } else if (line.startsWith("id:")) {
            id = line.substring(3).strip();
          } else if (line.startsWith("event:")) {
            name = line.substring(6).strip();
          } else if (line.startsWith("data:")) {
            data.append(line.substring(5));
            whole = true;
          }
        }
      }
    } catch (IOException | InterruptedException _) {
      // cut: what was read until then counts
    } finally {
      ended = true;
    }
  }

  List<Event> events() {
    return List.copyOf(events);
  }

  boolean heard(String name) {
    return events.stream().anyMatch(event -> event.name().equals(name));
  }

  /** What a browser would show as Last-Event-ID when it comes back. */
  String lastId() {
    return events.isEmpty() ? "" : events.getLast().id();
  }

  int status() {
    return status;
  }

  boolean ended() {
    return ended;
  }

  @Override
  public void close() {
    http.shutdownNow();
    reading.interrupt();
  }
}
