package io.chom.launch;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Executors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Shows the demo server's sites where no nginx is there to do it: files only, and it says so where PHP is wanted. */
final class DemoSites implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.shared();

  private final DemoHost host;
  private final HttpServer server;

  private DemoSites(DemoHost host, HttpServer server) {
    this.host = host;
    this.server = server;
  }

  static DemoSites start(DemoHost host, int port) throws IOException {
    var server = HttpServer.create(new InetSocketAddress(Ports.loopback(), port), 50);
    var sites = new DemoSites(host, server);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", sites::answer);
    server.start();
    return sites;
  }

  int port() {
    return server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String name = Optional.ofNullable(exchange.getRequestHeaders().getFirst("Host")).orElse("")
          .toLowerCase(Locale.ROOT).replaceFirst(":\\d+$", "").replaceFirst("\\.localhost$", "");
      Optional<JsonNode> site = site(name);
      if (site.isEmpty()) {
        say(exchange, 404, "There is no site of this name on the demo server.");
      } else if (site.get().path("state").asString("").startsWith("disabl")) {
        say(exchange, 503, "This website has been closed by its owner. Please come back later.");
      } else if (!exchange.getRequestMethod().matches("GET|HEAD")) {
        say(exchange, 405, "The demo server only shows files here.");
      } else {
        Optional<Path> file = file(site.get(), exchange.getRequestURI().getPath());
        if (file.isEmpty() || file.get().toString().endsWith(".php")) {
          boolean php = file.isPresent() || site.get().path("type").asString("").equals("php");
          say(exchange, php ? 503 : 404, php
              ? "This site needs PHP, and PHP is not on this machine: install nginx and php-fpm, then start CHOM again."
              : "There is no such page on this site.");
        } else {
          send(exchange, file.get());
        }
      }
    }
  }

  private Optional<JsonNode> site(String name) throws IOException {
    Path registry = host.directory().resolve("var/lib/vpsmanager/sites");
    if (!Files.isDirectory(registry)) {
      return Optional.empty();
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(registry, "s*.json")) {
      for (Path file : files) {
        JsonNode site = JSON.readTree(Files.readString(file));
        if (site.path("domain").asString("").equals(name)) {
          return Optional.of(site);
        }
      }
    } catch (JacksonException _) {
      // it is being written
    }
    return Optional.empty();
  }

  private Optional<Path> file(JsonNode site, String path) {
    Path documents = host.directory().resolve("srv/chom/sites").resolve(site.path("user").asString(""))
        .resolve("current/public");
    try {
      Path root = documents.toRealPath();
      Path file = root.resolve("." + path).normalize();
      if (Files.isDirectory(file)) {
        file = Files.exists(file.resolve("index.php")) ? file.resolve("index.php") : file.resolve("index.html");
      }
      Path real = file.toRealPath();
      return real.startsWith(root) && Files.isRegularFile(real) ? Optional.of(real) : Optional.empty();
    } catch (IOException | InvalidPathException _) {
      return Optional.empty();
    }
  }

  private static void send(HttpExchange exchange, Path file) throws IOException {
    String type = URLConnection.guessContentTypeFromName(file.toString());
    send(exchange, 200, type == null ? "application/octet-stream" : type, Files.readAllBytes(file));
  }

  private static void say(HttpExchange exchange, int status, String sentence) throws IOException {
    send(exchange, status, "text/plain; charset=utf-8", (sentence + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private static void send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
    exchange.sendResponseHeaders(status, head || body.length == 0 ? -1 : body.length);
    if (!head) {
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
