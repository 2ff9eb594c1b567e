package io.chom.jobs;

import io.chom.operations.Lane;
import io.chom.operations.Operations;
import io.chom.operations.Queue;
import io.chom.queue.BellRinging;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import javax.sql.DataSource;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * The queue in figures: how many wait and how long the first has, by lane, and what became of leases. Read with each
 * heartbeat and not with each scrape, so that whoever scrapes costs the database nothing.
 */
@Component
class QueueMetrics {
  private record Waiting(long count, double seconds) {
    static final Waiting NONE = new Waiting(0, 0);
  }

  private final JdbcClient jdbc;
  private final BellRinging bells;
  private final Counter lost;
  private volatile Map<Lane, Waiting> waiting = Map.of();
  private volatile double unheard = Double.NaN;

  QueueMetrics(@Qualifier("jobsDataSource") DataSource everyTenant, BellRinging bells, MeterRegistry registry) {
    this.jdbc = JdbcClient.create(everyTenant);
    this.bells = bells;
    for (var lane : Lane.values()) {
      gauge(registry, "chom.queue.depth", "Operations that wait", lane, Waiting::count);
      gauge(registry, "chom.queue.age", "Seconds for which the first of those has waited", lane, Waiting::seconds);
    }
    Gauge.builder("chom.queue.bells.unheard", this, self -> self.unheard)
        .description("Bells that nobody has heard yet; no number while Redis is away").register(registry);
    lost = Counter.builder("chom.leases.lost").description("Holds on operations that this node lost to another")
        .register(registry);
  }

  private void gauge(MeterRegistry registry, String name, String what, Lane lane, ToDoubleFunction<Waiting> figure) {
    Gauge.builder(name, this, self -> figure.applyAsDouble(self.waiting.getOrDefault(lane, Waiting.NONE)))
        .description(what).tag("lane", lane.word()).register(registry);
  }

  void leaseLost() {
    lost.increment();
  }

  /** Reads how it is now. */
  void look() {
    var now = new EnumMap<Lane, Waiting>(Lane.class);
    jdbc.sql("""
        select lane, count(*) as waiting, extract(epoch from now() - min(created_at)) as seconds from operation
        where status = 'QUEUED' group by lane
        """).query(row -> {
      var word = row.getString("lane");
      var count = new Waiting(row.getLong("waiting"), row.getDouble("seconds"));
      Arrays.stream(Lane.values()).filter(lane -> lane.word().equals(word)).forEach(lane -> now.put(lane, count));
    });
    waiting = now;
    var lag = bells.unheard(Operations.STREAM, Queue.WORKERS);
    unheard = lag.isPresent() ? lag.getAsLong() : Double.NaN;
  }
}
