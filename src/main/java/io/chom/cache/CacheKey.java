package io.chom.cache;

import io.chom.tenancy.TenantId;

/**
 * Names one value of one tenant.
 *
 * @param part which one, where a cache has several of a tenant; else empty
 * @param type a record, whose components are its version: a value of another shape is not read
 */
public record CacheKey<T extends Record>(CacheName cache, TenantId tenant, String part, Class<T> type) {
  /** The only one of its cache. */
  public static <T extends Record> CacheKey<T> of(CacheName cache, TenantId tenant, Class<T> type) {
    return new CacheKey<>(cache, tenant, "", type);
  }

  /** As it stands in Redis, behind the prefix. */
  String text() {
    return base(cache, tenant) + (part.isEmpty() ? "" : ":" + part);
  }

  static String base(CacheName cache, TenantId tenant) {
    return "tenant:" + tenant + ":" + cache.key();
  }
}
