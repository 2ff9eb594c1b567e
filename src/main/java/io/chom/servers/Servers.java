package io.chom.servers;

import io.chom.common.Actor;
import java.util.List;

/** The fleet. Operators see it whole, as the platform tenant; a tenant sees the servers it has a place on. */
public interface Servers {

  /** Every server of the platform, by name. For operators. */
  List<ServerView> list();

  /**
   * One server of the current tenant (the platform, for operators).
   *
   * @throws ServerNotFound there is none by that id for this tenant
   */
  ServerView get(ServerId server);

  /** The servers on which the current tenant has a place, by name. */
  List<TenantServer> ofTenant();

  /**
   * One server on which the current tenant has a place.
   *
   * @throws ServerNotFound it has none there
   */
  TenantServer ofTenant(ServerId server);

  /** Requests the operation {@code server.prepare} once more, to install what sites need. */
  void prepare(ServerId server, Actor actor);

  /**
   * Trusts the host key the server shows now, after a person compared it. Everything held back goes on.
   *
   * @param fingerprint what the person compared; it must be the one the server showed last
   */
  void approveHostKey(ServerId server, String fingerprint, Actor actor);
}
