package io.chom.operations;

import io.chom.audit.Audit;
import io.chom.common.Actor;
import io.chom.common.UserId;
import io.chom.live.LiveEvents;
import io.chom.operations.QueueView.Pause;
import io.chom.queue.Bell;
import io.chom.queue.BellRinging;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Everybody's queue, for operators, who alone see anything of it. What is paused holds nothing back that was begun; a node
 * that drains ends what it has.
 */
@Service
public class Queue {
  /** The group of workers that a bell rings for, one of them a ring. */
  public static final String WORKERS = "workers";
  private static final int WAITING = 50;
  private static final int RUNNING = 200;
  private static final int LONGEST_REASON = 200;

  private final QueueRows rows;
  private final BellRinging bells;
  private final Bell bell;
  private final LiveEvents live;
  private final Audit audit;
  private final TransactionTemplate transaction;

  Queue(QueueRows rows, BellRinging bells, Bell bell, LiveEvents live, Audit audit, TransactionTemplate transaction) {
    this.rows = rows;
    this.bells = bells;
    this.bell = bell;
    this.live = live;
    this.audit = audit;
    this.transaction = transaction;
  }

  /** The queue as it is now; empty for somebody who is no operator. */
  public QueueView now(UserId operator) {
    var unheard = bells.unheard(Operations.STREAM, WORKERS);
    return inPlatform(() -> {
      var shares = rows.shares(operator);
      return new QueueView(shares.all(), shares.lanes(), shares.servers(), shares.tenants(),
          rows.waiting(operator, WAITING), rows.running(operator, RUNNING), rows.nodes(), rows.pauses(operator),
          unheard.isPresent() ? unheard.getAsLong() : null);
    });
  }

  /** What an operator has paused, for a banner. */
  public List<Pause> pauses(UserId operator) {
    return inPlatform(() -> rows.pauses(operator));
  }

  /**
   * Has nothing new taken from a part of the queue. Once more changes nothing.
   *
   * @throws QueueRefused there is no such server, or the reason is too long
   */
  public void pause(QueueScope scope, String reason, Actor operator) {
    var why = reason.strip();
    if (why.length() > LONGEST_REASON) {
      throw new QueueRefused("QUEUE_REASON_TOO_LONG", "A reason has at most 200 characters; give a shorter one");
    }
    var person = Objects.requireNonNull(operator.user());
    inPlatform(() -> {
      var server = scope.server();
      var name = server.map(id -> rows.serverName(person, id).orElseThrow(Queue::noServer)).orElse(scope.value());
      if (rows.pause(scope, why, operator.label())) {
        audit.record(operator, "queue.pause", "queue", server.orElse(null), name,
            Map.of("scope", scope.value(), "reason", why));
        announce();
      }
      return true;
    });
  }

  /** Lets a paused part of the queue go on. Once more changes nothing. */
  public void resume(QueueScope scope, Actor operator) {
    inPlatform(() -> {
      if (rows.resume(scope)) {
        audit.record(operator, "queue.resume", "queue", scope.server().orElse(null), scope.value(),
            Map.of("scope", scope.value()));
        bell.ringAfterCommit(Operations.STREAM, scope.value());
        announce();
      }
      return true;
    });
  }

  /**
   * Has a node take nothing new, and end what it has. Once more changes nothing.
   *
   * @throws WorkerNotFound there is no such node
   */
  public void drain(String node, Actor operator) {
    turn(node, operator, "queue.node.drain", operator.label());
  }

  /**
   * Lets a node take new work again.
   *
   * @throws WorkerNotFound there is no such node
   */
  public void undrain(String node, Actor operator) {
    turn(node, operator, "queue.node.undrain", null);
  }

  private void turn(String node, Actor operator, String action, @Nullable String by) {
    inPlatform(() -> {
      if (rows.drain(node, by).orElseThrow(() -> new WorkerNotFound(node))) {
        audit.record(operator, action, "queue", null, node, Map.of("node", node));
        bell.ringAfterCommit(Operations.STREAM, node);
        announce();
      }
      return true;
    });
  }

  private void announce() {
    live.changedAfterCommit(TenantId.PLATFORM, Topics.QUEUE);
  }

  private static QueueRefused noServer() {
    return new QueueRefused("QUEUE_SERVER_UNKNOWN", "There is no such server; see the list of servers for its id");
  }

  private <T> T inPlatform(Supplier<T> work) {
    return TenantContext.callAs(TenantId.PLATFORM,
        () -> Objects.requireNonNull(transaction.execute(status -> work.get())));
  }
}
