package io.chom.servers;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** One enrolment as it is stored; never a login's password or key. */
record EnrolmentRow(EnrolmentId id, String host, int port, String loginUser, String fingerprint, String algorithm,
    EnrolmentStatus status, @Nullable String errorCode, @Nullable ServerId server, Instant createdAt,
    Instant expiresAt) {

  EnrolmentView view() {
    return new EnrolmentView(id, host, port, loginUser, algorithm, fingerprint, status, errorCode, server, createdAt,
        expiresAt);
  }
}
