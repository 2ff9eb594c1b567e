package io.chom.web.servers;

import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import java.util.function.Supplier;

/** The fleet belongs to the platform: operators step in there for a moment, from whichever tenant they work for. */
final class Fleet {
  private Fleet() {}

  static <T> T inPlatform(Supplier<T> work) {
    return TenantContext.callAs(TenantId.PLATFORM, work::get);
  }
}
