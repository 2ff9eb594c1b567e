package io.chom.operations;

import io.chom.tenancy.TenantContext;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.core.simple.JdbcClient.StatementSpec;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * Writes to an operation on behalf of the worker that holds it. Every statement compares the fence, so a worker that
 * has lost its lease changes nothing and learns it.
 */
@Component
class LeasedRow {
  private static final String HELD = " where tenant_id = :tenant and id = :id and fence = :fence and status in "
      + "('RUNNING', 'CANCELLING')";

  private final JdbcClient jdbc;

  LeasedRow(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** Whether its server may have heard of it by now. */
  @Transactional(readOnly = true)
  public boolean maybeSent(Claim claim) {
    return statement("select sent_at is not null from operation" + HELD, claim).query(Boolean.class).optional()
        .orElseThrow(() -> new LeaseLost(claim.operation()));
  }

  /**
   * Nothing that was cancelled before is sent; what was sent before is asked for again. One statement, which commits
   * itself: the request waits for it.
   *
   * @throws CancelledBeforeSending nothing has happened, and nothing may now
   */
  public void sending(Claim claim) {
    int changed = statement("update operation set sent_at = coalesce(sent_at, now())" + HELD
        + " and (status = 'RUNNING' or sent_at is not null)", claim).update();
    if (changed == 0 && cancelling(claim)) {
      throw new CancelledBeforeSending(claim.operation());
    }
    hold(claim, changed);
  }

  /** Whether somebody cancelled it. */
  @Transactional(readOnly = true)
  public boolean cancelling(Claim claim) {
    return statement("select status = 'CANCELLING' from operation" + HELD, claim).query(Boolean.class).optional()
        .orElse(false);
  }

  /** Adds text to the log and moves the progress on, both or neither. */
  @Transactional
  public void report(Claim claim, String text, @Nullable Integer percent, @Nullable String step, long agentOffset) {
    int length = text.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
    var from = statement("""
        update operation set log_length = log_length + :length, agent_offset = greatest(agent_offset, :offset),
               progress = greatest(progress, coalesce(:percent, progress)), step = coalesce(:step, step),
               waiting_since = null, error_code = null, error_message = null
        """ + HELD + " returning log_length - :length", claim).param("length", length).param("offset", agentOffset)
        .param("percent", percent, java.sql.Types.INTEGER).param("step", step, java.sql.Types.VARCHAR)
        .query(Long.class).optional().orElseThrow(() -> new LeaseLost(claim.operation()));
    if (length > 0) {
      statement("""
          insert into operation_log_chunk (tenant_id, operation_id, from_offset, length, data, created_at)
          values (:tenant, :id, :from, :length, :data, now())
          """, claim).param("from", from).param("length", length).param("data", text).update();
    }
  }

  /** Call inside the transaction that also changes the subject. */
  @Transactional(propagation = Propagation.MANDATORY)
  public void succeed(Claim claim, String result) {
    hold(claim, statement("""
        update operation set status = 'SUCCEEDED', progress = 100, result = cast(:result as jsonb), error_code = null,
               error_message = null, next_try_at = null, waiting_since = null, lease_owner = null,
               lease_expires_at = null, finished_at = now()
        """ + HELD, claim).param("result", result).update());
  }

  /** Call inside the transaction that also changes the subject. */
  @Transactional(propagation = Propagation.MANDATORY)
  public void fail(Claim claim, String code, String message) {
    hold(claim, statement("""
        update operation set status = 'FAILED', error_code = :code, error_message = :message, next_try_at = null,
               waiting_since = null, lease_owner = null, lease_expires_at = null, finished_at = now()
        """ + HELD, claim).param("code", code).param("message", message).update());
  }

  /** Call inside the transaction that also changes the subject. */
  @Transactional(propagation = Propagation.MANDATORY)
  public void cancelled(Claim claim, String result) {
    hold(claim, statement("""
        update operation set status = 'CANCELLED', result = cast(:result as jsonb), error_code = null,
               error_message = null, next_try_at = null, waiting_since = null, lease_owner = null,
               lease_expires_at = null, finished_at = now()
        """ + HELD + " and status = 'CANCELLING'", claim).param("result", result).update());
  }

  /**
   * This try is over, by the server's word: back into the queue, visibly, to be asked for under another id.
   *
   * @return false where somebody cancelled it meanwhile, and there will be no other try
   */
  @Transactional(propagation = Propagation.MANDATORY)
  public boolean tryAnew(Claim claim, Operation operation, String code, String message, Duration delay) {
    int changed = statement("""
        update operation set status = 'QUEUED', tries = :next, sent_as = :sentAs, sent_at = null, agent_offset = 0,
               progress = 0, step = null, error_code = :code, error_message = :message, waiting_since = null,
               next_try_at = now() + cast(:delay as interval), lease_owner = null, lease_expires_at = null
        """ + HELD + " and status = 'RUNNING'", claim).param("next", operation.tries() + 1)
        .param("sentAs", TryIds.of(operation.id(), operation.tries() + 1)).param("code", code)
        .param("message", message).param("delay", delay.toMillis() + " milliseconds").update();
    if (changed == 0 && cancelling(claim)) {
      return false;
    }
    hold(claim, changed);
    statement("""
        insert into operation_try (tenant_id, operation_id, number, sent_as, error_code, error_message)
        values (:tenant, :id, :number, :sentAs, :code, :message)
        """, claim).param("number", operation.tries()).param("sentAs", operation.sentAs()).param("code", code)
        .param("message", message).update();
    return true;
  }

  /** Nothing was sent: back into the queue, visibly. */
  @Transactional
  public void tryAgain(Claim claim, String code, String message, Duration delay) {
    hold(claim, statement("""
        update operation set status = 'QUEUED', error_code = :code, error_message = :message,
               next_try_at = now() + cast(:delay as interval), lease_owner = null, lease_expires_at = null
        """ + HELD + " and sent_at is null and status = 'RUNNING'", claim).param("code", code).param("message", message)
        .param("delay", delay.toMillis() + " milliseconds").update());
  }

  /** It was sent, and its server cannot be heard for this reason; the hold stays. */
  @Transactional
  public void silent(Claim claim, String code, String message) {
    hold(claim, statement("""
        update operation set waiting_since = coalesce(waiting_since, now()), error_code = :code,
               error_message = :message
        """ + HELD, claim).param("code", code).param("message", message).update());
  }

  /** Its server is heard again. */
  @Transactional
  public void heard(Claim claim) {
    hold(claim, statement("update operation set waiting_since = null, error_code = null, error_message = null" + HELD,
        claim).update());
  }

  /** It was sent and the server is silent: whoever picks it up after the delay asks the server again. */
  @Transactional
  public void goOnWaiting(Claim claim, Duration delay) {
    hold(claim, statement("""
        update operation set waiting_since = coalesce(waiting_since, now()), lease_owner = null,
               lease_expires_at = now() + cast(:delay as interval)
        """ + HELD, claim).param("delay", delay.toMillis() + " milliseconds").update());
  }

  private StatementSpec statement(String sql, Claim claim) {
    UUID tenant = TenantContext.current().value();
    return jdbc.sql(sql).param("tenant", tenant).param("id", claim.operation().value()).param("fence", claim.fence());
  }

  private static void hold(Claim claim, int changed) {
    if (changed == 0) {
      throw new LeaseLost(claim.operation());
    }
  }
}
