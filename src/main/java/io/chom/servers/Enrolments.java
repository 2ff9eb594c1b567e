package io.chom.servers;

import io.chom.common.Actor;

/**
 * Takes servers into the fleet: looks at their host key, lets a person approve it, and then installs the agent and the
 * panel's own login. For operators: call it as the platform tenant.
 */
public interface Enrolments {

  /**
   * Asks a server for its host key without logging in. Nothing is trusted and nothing sent.
   *
   * @throws ServerNotReached with the layer that failed
   */
  Scanned scan(ScanRequest request, Actor actor);

  /**
   * Approves the key a scan showed, and requests the operation {@code server.enrol} on the new server. Of two approvals
   * of one enrolment one wins. After a failed enrolment the same one can be approved again with a login.
   *
   * @param approvedFingerprint what the person compared; it must be the scanned one
   * @throws EnrolmentNotFound there is no such enrolment
   * @throws EnrolmentRefused another fingerprint, too late, already approved, or the server is enrolled already
   */
  ServerId approve(EnrolmentId enrolment, String approvedFingerprint, EnrolmentLogin login, String serverName,
      Actor actor);

  /** One enrolment. */
  EnrolmentView get(EnrolmentId enrolment);
}
