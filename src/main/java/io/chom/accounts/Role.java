package io.chom.accounts;

/** What somebody is in one tenant, from the least to the most. What each may do is decided by {@link Access}. */
public enum Role {
  VIEWER, MEMBER, ADMIN, OWNER
}
