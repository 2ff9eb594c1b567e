package io.chom.billing;

import io.chom.common.ChomException;

/** The plan has no room for one more. */
public class PlanLimitReached extends ChomException {
  private final String what;
  private final long limit;
  private final String tier;

  public PlanLimitReached(String what, long limit, String tier) {
    super("The plan " + tier + " allows " + limit + " " + what, null);
    this.what = what;
    this.limit = limit;
    this.tier = tier;
  }

  /** What there is no more room for, such as {@code sites}. */
  public String what() {
    return what;
  }

  public long limit() {
    return limit;
  }

  public String tier() {
    return tier;
  }

  @Override
  public String code() {
    return "PLAN_LIMIT_REACHED";
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
