package io.chom.accounts;

import io.chom.common.UserId;

/**
 * Who has proven to be somebody. Small, because it is kept in the session; what they may do is asked anew.
 *
 * @param operator whether they ran the platform when they signed in: for display, never for a decision
 */
public record SignedIn(UserId userId, String email, String name, boolean operator) {}
