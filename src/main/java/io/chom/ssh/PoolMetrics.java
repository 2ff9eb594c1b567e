package io.chom.ssh;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** What the pool tells those who watch it. */
final class PoolMetrics {
  private final MeterRegistry registry;
  private final Timer wait;
  private final Timer ok;

  PoolMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.wait = Timer.builder("chom.ssh.wait").description("Waiting for a place on a server").register(registry);
    this.ok = exec("ok");
  }

  void watch(Supplier<SshStats> stats) {
    gauge("chom.ssh.connections.open", stats, SshStats::open);
    gauge("chom.ssh.connections.idle", stats, SshStats::idle);
    gauge("chom.ssh.connections.connecting", stats, SshStats::connecting);
    gauge("chom.ssh.connections.killed", stats, SshStats::killed);
    gauge("chom.ssh.channels", stats, SshStats::channels);
    gauge("chom.ssh.waiting", stats, SshStats::waiting);
  }

  private void gauge(String name, Supplier<SshStats> stats, ToDoubleFunction<SshStats> value) {
    Gauge.builder(name, stats, s -> value.applyAsDouble(s.get())).strongReference(true).register(registry);
  }

  void login(long nanos, @Nullable SshException failure) {
    Timer.builder("chom.ssh.login").description("Logging in to a server").tag("outcome", outcome(failure))
        .register(registry).record(nanos, TimeUnit.NANOSECONDS);
  }

  void waited(long nanos) {
    wait.record(nanos, TimeUnit.NANOSECONDS);
  }

  void exec(long nanos, @Nullable SshException failure) {
    (failure == null ? ok : exec(outcome(failure))).record(nanos, TimeUnit.NANOSECONDS);
  }

  private Timer exec(String outcome) {
    return Timer.builder("chom.ssh.exec").description("Commands on servers").tag("outcome", outcome)
        .register(registry);
  }

  private static String outcome(@Nullable SshException failure) {
    return failure == null ? "ok" : failure.code().toLowerCase(Locale.ROOT);
  }
}
