package io.chom.ssh;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** What the pool tells those who watch it; docs/monitoring/ssh-pool.md explains each name. */
final class PoolMetrics {
  private final MeterRegistry registry;
  private final Timer wait;
  private final Timer ok;
  private final Counter waits;
  private final Counter opened;

  PoolMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.wait = timer("chom.ssh.wait", "From asking for a place on a server to having one").register(registry);
    this.ok = exec("ok");
    this.waits = Counter.builder("chom.ssh.waits").description("Callers for whom no place was free at once")
        .register(registry);
    this.opened = Counter.builder("chom.ssh.circuit.opened")
        .description("Servers given up for a while after faults in a row").register(registry);
    for (var ending : Ending.values()) {
      closed(ending);
    }
  }

  void watch(Supplier<SshStats> stats) {
    gauge("chom.ssh.connections.open", "Connections that are up", stats, SshStats::open);
    gauge("chom.ssh.connections.idle", "Connections without a channel", stats, SshStats::idle);
    gauge("chom.ssh.connections.busy", "Connections with a channel", stats, SshStats::busy);
    gauge("chom.ssh.connections.max", "Connections this process may have", stats, SshStats::most);
    gauge("chom.ssh.connections.connecting", "Logins under way", stats, SshStats::connecting);
    gauge("chom.ssh.channels", "Commands and line channels under way", stats, SshStats::channels);
    gauge("chom.ssh.waiting", "Callers waiting for a place", stats, SshStats::waiting);
    gauge("chom.ssh.circuits.open", "Servers that nobody tries for a while", stats, SshStats::circuitsOpen);
    gauge("chom.ssh.circuits.half.open", "Servers of which one caller may find out whether they are back", stats,
        SshStats::circuitsHalfOpen);
  }

  private void gauge(String name, String description, Supplier<SshStats> stats, ToDoubleFunction<SshStats> value) {
    Gauge.builder(name, stats, s -> value.applyAsDouble(s.get())).description(description).strongReference(true)
        .register(registry);
  }

  private static Timer.Builder timer(String name, String description) {
    return Timer.builder(name).description(description).publishPercentiles(0.5, 0.95);
  }

  void login(long nanos, @Nullable SshException failure) {
    timer("chom.ssh.login", "Logging in to a server").tag("outcome", outcome(failure)).register(registry)
        .record(nanos, TimeUnit.NANOSECONDS);
  }

  void circuitOpened() {
    opened.increment();
  }

  void hadToWait() {
    waits.increment();
  }

  void waited(long nanos) {
    wait.record(nanos, TimeUnit.NANOSECONDS);
  }

  void exec(long nanos, @Nullable SshException failure) {
    (failure == null ? ok : exec(outcome(failure))).record(nanos, TimeUnit.NANOSECONDS);
  }

  private Timer exec(String outcome) {
    return timer("chom.ssh.exec", "Commands on servers").tag("outcome", outcome).register(registry);
  }

  /** The counter of connections that ended for this reason. */
  Counter closed(Ending ending) {
    return Counter.builder("chom.ssh.connections.closed").description("Connections that ended")
        .tag("reason", ending.name().toLowerCase(Locale.ROOT)).register(registry);
  }

  private static String outcome(@Nullable SshException failure) {
    return failure == null ? "ok" : failure.code().toLowerCase(Locale.ROOT);
  }
}
