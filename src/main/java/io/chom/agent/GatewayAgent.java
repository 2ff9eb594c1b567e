package io.chom.agent;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.ValueAtPercentile;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Speaks to agents over one gateway channel per server. */
final class GatewayAgent implements Agent, AutoCloseable {
  private static final Duration WINDOW = Duration.ofMinutes(5);
  private static final Duration BRIEFLY = Duration.ofSeconds(10);

  private final Gateways gateways;
  private final AgentProperties properties;
  private final MeterRegistry registry;
  private final Timer answers;

  GatewayAgent(Gateways gateways, AgentProperties properties, MeterRegistry registry) {
    this.gateways = gateways;
    this.properties = properties;
    this.registry = registry;
    Gauge.builder("chom.agent.channels", gateways, Gateways::open).description("Agents that can be asked at once")
        .register(registry);
    this.answers = Timer.builder("chom.agent.answer")
        .description("Answered questions to agents, over an open channel or one opened for it")
        .publishPercentiles(0.5, 0.95).percentilePrecision(2).distributionStatisticExpiry(WINDOW)
        .distributionStatisticBufferLength((int) WINDOW.toMinutes()).register(registry);
  }

  @Override
  public AgentHello hello(AgentServer server) {
    return gateways.get(server, Until.in(properties.connectTimeout())).hello();
  }

  @Override
  public AgentReply ask(AgentServer server, AgentCommand command, Duration limit) {
    var started = System.nanoTime();
    var reply = timed(command.name(), () -> question(server, command, limit));
    answers.record(System.nanoTime() - started, TimeUnit.NANOSECONDS);
    return reply;
  }

  private AgentReply question(AgentServer server, AgentCommand command, Duration limit) {
    return new Question(gateways, properties, server, command, Until.in(limit)).answer();
  }

  @Override
  public AgentReply carryOut(AgentServer server, AgentCommand command, UUID operation, long fence, long fromOffset,
      AgentEvents listener, Duration limit) {
    return timed(command.name(), () -> new Journey(gateways, properties, server, command, operation, fence, fromOffset,
        listener, Until.in(limit)).toItsEnd());
  }

  @Override
  public AgentOperation status(AgentServer server, UUID operation, boolean seal, Duration limit) {
    var more = seal ? Map.<String, Object>of("seal", true) : Map.<String, Object>of();
    return AgentOperations.known(ask(server, Question.aboutOperation("operation:status", operation, more), limit));
  }

  @Override
  public AgentReply cancel(AgentServer server, UUID operation, Duration limit) {
    return ask(server, Question.aboutOperation("operation:cancel", operation, Map.of()), limit);
  }

  @Override
  public AgentReply put(AgentServer server, UUID id, byte[] content, String sha256, Duration limit) {
    return timed("put", () -> {
      var result = gateways.run(server, "put " + id + " " + content.length + " " + sha256, content, limit);
      return result.ok()
          ? new AgentReply.Done(Wire.tree(result.out()))
          : new AgentReply.Refused("UPLOAD_REFUSED", server + " did not take the file: " + result.err().strip(), false);
    });
  }

  @Override
  public AgentDownload get(AgentServer server, UUID id, Duration limit) {
    return new StreamedDownload(server, gateways.stream(server, "get " + id, limit));
  }

  @Override
  public void touch(AgentServer server, Duration limit) {
    gateways.touch(server, limit);
  }

  @Override
  public AgentHello look(AgentServer server, Duration limit) {
    // nothing to read: it says hello and ends
    var result = gateways.run(server, "gateway", new byte[0], limit);
    var hello = result.out().lines().findFirst().map(Wire::object).orElse(null);
    if (hello == null || !hello.path("type").asString("").equals("hello")) {
      throw new AgentProtocolBroken("The agent on " + server + " does not say hello: " + result.err().strip(), null);
    }
    return Wire.hello(hello);
  }

  @Override
  public void acknowledge(AgentServer server, UUID operation) {
    ask(server, Question.aboutOperation("operation:ack", operation, Map.of()), BRIEFLY);
  }

  @Override
  public AgentAnswers answers() {
    var times = answers.takeSnapshot().percentileValues();
    var known = times.length == 2 && times[1].value() > 0;
    return new AgentAnswers(known ? nanos(times[0]) : null, known ? nanos(times[1]) : null, WINDOW);
  }

  private static Duration nanos(ValueAtPercentile time) {
    return Duration.ofNanos((long) time.value(TimeUnit.NANOSECONDS));
  }

  @Override
  public void disconnect(AgentServer server) {
    gateways.disconnect(server);
  }

  private AgentReply timed(String command, Supplier<AgentReply> work) {
    var started = System.nanoTime();
    var outcome = "error";
    try {
      var reply = work.get();
      outcome = reply instanceof AgentReply.Done ? "done" : "refused";
      return reply;
    } finally {
      Timer.builder("chom.agent.request").description("Requests to agents").tag("command", command)
          .tag("outcome", outcome).register(registry).record(System.nanoTime() - started, TimeUnit.NANOSECONDS);
    }
  }

  @Override
  public void close() {
    gateways.disconnectAll();
  }
}
