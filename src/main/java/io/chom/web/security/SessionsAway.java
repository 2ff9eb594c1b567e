package io.chom.web.security;

import org.springframework.dao.TransientDataAccessResourceException;

/** Sessions cannot be reached and this one has no copy here: the visitor is asked to come back in a moment. */
final class SessionsAway extends TransientDataAccessResourceException {
  SessionsAway(String message) {
    super(message);
  }

  SessionsAway(String message, Throwable cause) {
    super(message, cause);
  }
}
