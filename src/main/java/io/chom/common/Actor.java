package io.chom.common;

import org.jspecify.annotations.Nullable;

/**
 * Who does something: a person, or the panel itself.
 *
 * @param user null when no person is behind it
 * @param label what the audit log shows, such as an e-mail address
 */
public record Actor(@Nullable UserId user, String label) {
  /** The panel's own clocks and repairs. */
  public static final Actor PANEL = new Actor(null, "CHOM");
}
