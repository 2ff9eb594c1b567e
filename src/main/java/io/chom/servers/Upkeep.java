package io.chom.servers;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is done about one server itself.
 *
 * @param otherKey the key beside the one in force, while keys are exchanged
 * @param keySince since when the key in force is
 * @param release names the very content of its agent; null before it has said so
 * @param leftBehind what a decommissioned server may still have of the panel's
 */
record Upkeep(@Nullable MaintenanceNote maintenance, @Nullable OtherKey otherKey, Instant keySince,
    @Nullable String release, @Nullable Instant decommissionedAt, List<String> leftBehind) {

  /**
   * A second key of one server.
   *
   * @param sealed its private part
   * @param previous whether it was in force before; otherwise it is to be
   */
  record OtherKey(String id, String sealed, String publicKey, boolean previous) {
    @Override
    public String toString() {
      return "OtherKey[" + id + "]";
    }
  }

  static Upkeep since(Instant now) {
    return new Upkeep(null, null, now, null, null, List.of());
  }

  ServerCare shown(ServerRow row) {
    var newest = AgentBundle.shippedRelease();
    return new ServerCare(maintenance, keySince, otherKey != null, release,
        release != null && !release.isEmpty() && !release.equals(newest), row.tended(), decommissionedAt, leftBehind);
  }
}
