package io.chom.ssh;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** Pools for tests, with the shipped settings except where a test says otherwise. */
public final class TestPools {

  private TestPools() {}

  /** As shipped, for tests in other rooms. Close it by closing the returned object. */
  public static SshPool pool(Map<String, String> settings) {
    return pool(settings, Clock.systemUTC());
  }

  static ConnectionPool pool(Map<String, String> settings, Clock clock) {
    return pool(settings, clock, new SimpleMeterRegistry());
  }

  static ConnectionPool pool(Map<String, String> settings, Clock clock, MeterRegistry registry) {
    var properties = properties(settings);
    var watch = new Watch();
    return new ConnectionPool(properties, new SshjLibrary(properties, watch), new PoolMetrics(registry), watch, clock);
  }

  /** Nanoseconds one place takes to be lent and given back, on the average of many. */
  public static double checkout(SshPool pool, SshTarget target, int times) {
    var places = ((ConnectionPool) pool).places();
    var started = System.nanoTime();
    for (var i = 0; i < times; i++) {
      places.giveBack(places.take(target, Traffic.COMMANDS, Deadline.in(Duration.ofSeconds(5))));
    }
    return (System.nanoTime() - started) / (double) times;
  }

  public static void close(SshPool pool) {
    ((ConnectionPool) pool).close();
  }

  public static SshDirect direct() {
    var properties = properties(Map.of());
    return new DirectLogins(new SshjLibrary(properties, new Watch()), properties);
  }

  static SshProperties properties(Map<String, String> settings) {
    var source = new MapConfigurationPropertySource();
    settings.forEach((name, value) -> source.put("chom.ssh." + name, value));
    return new Binder(source).bindOrCreate("chom.ssh", Bindable.of(SshProperties.class));
  }

  /** A clock that moves when told. */
  static final class Hand extends Clock {
    private volatile java.time.Instant now = java.time.Instant.parse("2030-01-01T00:00:00Z");

    void tick(Duration by) {
      now = now.plus(by);
    }

    @Override
    public java.time.ZoneId getZone() { return java.time.ZoneOffset.UTC; }

    @Override
    public Clock withZone(java.time.ZoneId zone) {
      return this;
    }

    @Override
    public java.time.Instant instant() {
      return now;
    }
  }
}
