package io.chom.live;

import io.chom.tenancy.TenantId;

/**
 * Hears of every change on any node, for whoever keeps a copy of something. Implemented by the rooms that do; called
 * before those who watch are woken, and must not wait for anything.
 */
public interface LiveListener {
  /** Something about this topic of the tenant has changed. */
  void changed(TenantId tenant, String topic);

  /** Changes may have been missed: everything may have changed. */
  void anything();
}
