package io.chom.testing;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Takes calls of webhooks on a loopback address, remembers them, and answers as well or badly as it is told. */
public final class HookServer implements AutoCloseable {
  /** What came in. */
  public record Call(String path, Map<String, String> headers, byte[] body) {
    public String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  /** Writes an answer, or something that is none. */
  @FunctionalInterface
  public interface Answer {
    void write(OutputStream out) throws IOException, InterruptedException;
  }

  private final ServerSocket socket;
  private final int port;
  private final List<Call> calls = new CopyOnWriteArrayList<>();
  private volatile Answer answer = status("204 No Content");

  private HookServer(ServerSocket socket) {
    this.socket = socket;
    this.port = socket.getLocalPort();
    Thread.ofVirtual().start(this::listen);
  }

  public static HookServer on(String address) {
    try {
      return new HookServer(new ServerSocket(0, 50, InetAddress.ofLiteral(address)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An answer with this status, a header or none, and no body. */
  public static Answer status(String status, String... headers) {
    return out -> out.write(("HTTP/1.1 " + status + "\r\n" + String.join("", List.of(headers).stream()
        .map(header -> header + "\r\n").toList()) + "Content-Length: 0\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
  }

  public void answers(Answer with) {
    answer = with;
  }

  public List<Call> calls() {
    return calls;
  }

  public int port() {
    return port;
  }

  public String url(String path) {
    return "http://" + socket.getInetAddress().getHostAddress() + ":" + port + path;
  }

  private void listen() {
    while (!socket.isClosed()) {
      try {
        var caller = socket.accept();
        Thread.ofVirtual().start(() -> serve(caller));
      } catch (IOException _) {
        return;
      }
    }
  }

  private void serve(Socket caller) {
    try (caller; var in = new BufferedInputStream(caller.getInputStream()); var out = caller.getOutputStream()) {
      var first = line(in).split(" ");
      Map<String, String> headers = new TreeMap<>();
      for (var line = line(in); !line.isEmpty(); line = line(in)) {
        int colon = line.indexOf(':');
        headers.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      }
      byte[] body = in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0")));
      calls.add(new Call(first[1], headers, body));
      answer.write(out);
      out.flush();
    } catch (IOException _) {
      // it has gone: nobody is told
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private static String line(InputStream in) throws IOException {
    var line = new ByteArrayOutputStream();
    for (int letter = in.read(); letter >= 0 && letter != '\n'; letter = in.read()) {
      if (letter != '\r') {
        line.write(letter);
      }
    }
    return line.toString(StandardCharsets.US_ASCII);
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
