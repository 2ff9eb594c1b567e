package io.chom.servers;

import java.util.Optional;

/** Something an operator should know when looking at the fleet: a sentence that says what to do. */
public interface FleetNotice {
  Optional<String> notice();
}
