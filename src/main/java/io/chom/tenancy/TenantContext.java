package io.chom.tenancy;

import org.jspecify.annotations.Nullable;

/**
 * For which tenant this code is running. Nobody inherits it: a new thread has no tenant until it is told, and work
 * without a tenant sees no row. A transaction belongs to one tenant: step into another with a transaction of its own.
 */
public final class TenantContext {
  private static final ScopedValue<TenantId> CURRENT = ScopedValue.newInstance();

  private TenantContext() {}

  /** The tenant of this thread; {@link TenantId#NONE}, which owns nothing, when none was set. */
  public static TenantId current() {
    return CURRENT.orElse(TenantId.NONE);
  }

  /** Does the work for a tenant, and answers what it answers. */
  public static <T extends @Nullable Object, X extends Throwable> T callAs(TenantId tenant,
      ScopedValue.CallableOp<? extends T, X> work) throws X {
    return ScopedValue.where(CURRENT, tenant).call(work::call);
  }

  /** Does the work for a tenant. */
  public static void runAs(TenantId tenant, Runnable work) {
    ScopedValue.where(CURRENT, tenant).run(work);
  }
}
