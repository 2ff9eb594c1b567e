package io.chom.servers;

/** How far an attempt to reach a server got before it failed. */
public enum FailingLayer {
  /** Its name has no address. */
  DNS,
  /** Nothing accepts connections at that address and port. */
  TCP,
  /** Something accepts connections there, but does not speak SSH. */
  KEX,
  /** It shows another host key than the approved one. */
  HOST_KEY,
  /** It refuses the login. */
  AUTH,
  /** The login works; the agent behind it does not answer as it should. */
  AGENT
}
