package io.chom.operations;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The whole queue at this moment, for operators.
 *
 * @param all everything together; its key is {@code all}
 * @param lanes by lane, {@code servers} by server and {@code tenants} by tenant, those with the most waiting first
 * @param waiting those that are taken next, in that order, and behind them those that cannot be taken now
 * @param running what is under way, the longest first
 * @param unheardBells how many bells nobody has heard yet; null while Redis is away, when the table is looked at instead
 */
public record QueueView(Share all, List<Share> lanes, List<Share> servers, List<Share> tenants, List<Entry> waiting,
    List<Entry> running, List<Node> nodes, List<Pause> pauses, @Nullable Long unheardBells) {

  /**
   * A part of the queue.
   *
   * @param key the lane's word, or an id; null for what runs on no server
   * @param oldest how long the first of those has waited that wait; null if none does
   */
  public record Share(@Nullable String key, @Nullable String name, long waiting, long running,
      @Nullable Duration oldest) {}

  /**
   * One operation that is not over.
   *
   * @param place why it waits; null if it does not
   * @param owner the node that works on it; null if nobody does at this moment
   */
  public record Entry(OperationId id, UUID tenant, String tenantName, OperationType type, String subject,
      @Nullable UUID server, @Nullable String serverName, Lane lane, OperationStatus status, int attempt,
      Instant createdAt, @Nullable Instant startedAt, @Nullable Instant nextTryAt, @Nullable Instant waitingSince,
      @Nullable String owner, @Nullable Instant leaseUntil, @Nullable Place place) {}

  /**
   * A panel that carries operations out.
   *
   * @param silent whether it has not been heard for longer than its leases last
   * @param drainingSince since when it takes nothing new; null if it does
   */
  public record Node(String id, String host, String version, int places, int used, Instant startedAt, Instant heardAt,
      boolean silent, @Nullable Instant drainingSince, @Nullable String drainedBy) {}

  /** @param name of the server, where it is one's */
  public record Pause(QueueScope scope, @Nullable String name, String reason, String by, Instant at) {}
}
