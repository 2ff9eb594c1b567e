package io.chom.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A gateway channel to a host's agent through OpenSSH's own client: a second opinion beside the panel's. */
final class AgentGateway implements AutoCloseable {

  /** The last frame of a request, and those before it. */
  record Answer(JsonNode result, List<JsonNode> events) {

    JsonNode data() {
      assertThat(result.path("ok").asBoolean()).as("answer %s", result).isTrue();
      return result.path("data");
    }

    String code() {
      assertThat(result.path("ok").asBoolean()).as("answer %s", result).isFalse();
      return result.path("error").path("code").asString();
    }

    String state() {
      return result.path("state").asString();
    }
  }

  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final JsonMapper JSON = JsonMapper.shared();
  private static long fences = System.currentTimeMillis();

  private final Process ssh;
  private final BlockingQueue<JsonNode> frames = new LinkedBlockingQueue<>();
  private final JsonNode hello;

  private AgentGateway(RigHost host) throws IOException {
    ssh = new ProcessBuilder("ssh", "-T", "-i", host.login().privateKey().toString(), "-o", "BatchMode=yes", "-o",
        "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o",
        "LogLevel=ERROR", "-o", "ConnectTimeout=10", "chom@" + host.address(), "gateway")
        .redirectError(ProcessBuilder.Redirect.INHERIT).start();
    Thread.startVirtualThread(this::read);
    hello = next(Duration.ofSeconds(30));
    assertThat(hello.path("type").asString()).isEqualTo("hello");
  }

  static AgentGateway open(RigHost host) {
    try {
      return new AgentGateway(host);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void read() {
    try (BufferedReader lines = ssh.inputReader(StandardCharsets.UTF_8)) {
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        frames.add(JSON.readTree(line));
      }
    } catch (IOException e) {
      // cut on purpose; whoever waits for a frame is told by its limit
    }
  }

  JsonNode hello() {
    return hello;
  }

  Answer ask(String command, Map<String, ?> args) {
    return await(send(command, args, null));
  }

  Answer ask(String command, Map<String, ?> args, Map<String, String> secrets) {
    return await(send(command, args, null, secrets));
  }

  Answer change(String command, Map<String, ?> args) {
    return await(send(command, args, UUID.randomUUID()));
  }

  Answer change(String command, Map<String, ?> args, Map<String, String> secrets) {
    return await(send(command, args, UUID.randomUUID(), secrets));
  }

  /** Sends a request and does not wait; a change has its operation's id. */
  String send(String command, Map<String, ?> args, @Nullable UUID operation) {
    return send(command, args, operation, Map.of());
  }

  String send(String command, Map<String, ?> args, @Nullable UUID operation, Map<String, String> secrets) {
    var id = "r" + UUID.randomUUID();
    var request = JSON.createObjectNode().put("v", 1).put("id", id).put("command", command);
    request.set("args", JSON.valueToTree(args));
    if (!secrets.isEmpty()) {
      request.set("secrets", JSON.valueToTree(secrets));
    }
    if (operation != null) {
      request.put("operation", operation.toString()).put("fence", String.valueOf(nextFence()));
    }
    try {
      ssh.getOutputStream().write((request + "\n").getBytes(StandardCharsets.UTF_8));
      ssh.getOutputStream().flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return id;
  }

  private static synchronized long nextFence() {
    return ++fences;
  }

  /** Waits for the result of one request; what came for others is lost, so keep to one at a time. */
  Answer await(String id) {
    var events = new ArrayList<JsonNode>();
    while (true) {
      var frame = next(LIMIT);
      if (frame.path("id").asString("").equals(id)) {
        if (frame.path("type").asString().equals("result")) {
          return new Answer(frame, events);
        }
        events.add(frame);
      }
    }
  }

  private JsonNode next(Duration limit) {
    try {
      return Objects.requireNonNull(frames.poll(limit.toSeconds(), TimeUnit.SECONDS), "no frame came from the agent");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Ends the connection without a word. */
  void cut() {
    ssh.destroyForcibly();
  }

  @Override
  public void close() {
    try {
      ssh.getOutputStream().close();
      if (!ssh.waitFor(20, TimeUnit.SECONDS)) {
        throw new AssertionError("the gateway did not end with its input");
      }
    } catch (IOException e) {
      // it has ended already
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      ssh.destroyForcibly();
    }
  }
}
