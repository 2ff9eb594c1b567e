package io.chom.web.security;

/** What a session remembers: text only, so that nothing read from Redis ever becomes an object of its choice. */
final class SessionKeys {
  static final String USER = "user";
  static final String EMAIL = "email";
  static final String NAME = "name";
  /** Changes with the password: a session made with another one has ended. */
  static final String STAMP = "stamp";
  /** For which tenant somebody chose to work. */
  static final String TENANT = "tenant";
  static final String CSRF = "csrf";
  /** Where somebody wanted to go before signing in. */
  static final String NEXT = "next";

  private SessionKeys() {}
}
