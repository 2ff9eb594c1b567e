package io.chom.operations;

import io.chom.live.LiveEvents;
import io.chom.tenancy.TenantContext;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A worker's hold on an operation: keeps the log whole and in order, and collects small pieces into larger ones. */
class LeasedRun implements OperationRun {
  private static final int FLUSH_CHARS = 8_192;
  private static final long FLUSH_NANOS = 150_000_000;

  private final Operation operation;
  private final Claim claim;
  private final LeasedRow row;
  private final LiveEvents live;
  private final BooleanSupplier held;
  private final StringBuilder text = new StringBuilder();
  private long offset;
  private long flushedAt = System.nanoTime();
  private @Nullable Integer percent;
  private @Nullable String step;

  LeasedRun(Operation operation, Claim claim, LeasedRow row, LiveEvents live, BooleanSupplier held) {
    this.operation = operation;
    this.claim = claim;
    this.row = row;
    this.live = live;
    this.held = held;
    this.offset = claim.agentOffset();
  }

  @Override
  public Operation operation() {
    return operation;
  }

  @Override
  public long fence() {
    return claim.fence();
  }

  @Override
  public boolean maybeSent() {
    return claim.maybeSent();
  }

  @Override
  public long agentOffset() {
    return claim.agentOffset();
  }

  @Override
  public void sending() {
    inTenant(() -> row.sending(claim));
  }

  @Override
  public synchronized void progress(int percentNow, String stepNow, long agentOffset) {
    percent = percentNow;
    step = stepNow;
    take(stepNow + "\n", agentOffset);
    flush();
  }

  @Override
  public synchronized void output(String piece, long agentOffset) {
    take(piece, agentOffset);
    if (text.length() >= FLUSH_CHARS || System.nanoTime() - flushedAt >= FLUSH_NANOS) {
      flush();
    }
  }

  @Override
  public void silent(String code, String message) {
    told(() -> row.silent(claim, code, message));
  }

  @Override
  public void heard() {
    told(() -> row.heard(claim));
  }

  private void told(Runnable change) {
    inTenant(change);
    live.changed(claim.tenant(), Topics.operation(claim.operation()), Topics.ALL, Topics.subject(operation.subject()));
  }

  @Override
  public boolean held() {
    return held.getAsBoolean();
  }

  private void take(String piece, long agentOffset) {
    // the agent may have been asked to repeat: what is in the log already must not come twice
    if (agentOffset > offset || agentOffset == 0) {
      text.append(piece);
      offset = Math.max(offset, agentOffset);
    }
  }

  /** Writes what has been collected; called once more before the operation ends. */
  synchronized void flush() {
    flushedAt = System.nanoTime();
    if (text.isEmpty() && step == null) {
      return;
    }
    inTenant(() -> row.report(claim, text.toString(), percent, step, offset));
    live.changed(claim.tenant(), Topics.operation(claim.operation()), Topics.ALL);
    if (step != null) {
      live.changed(claim.tenant(), Topics.subject(operation.subject()));
    }
    text.setLength(0);
    step = null;
  }

  private void inTenant(Runnable work) {
    // events arrive on the channel's thread, which knows no tenant
    TenantContext.runAs(claim.tenant(), work);
  }
}
