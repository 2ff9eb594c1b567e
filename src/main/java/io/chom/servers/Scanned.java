package io.chom.servers;

import java.time.Instant;

/**
 * The key a server offered. Nothing is trusted yet: a person compares the fingerprint with the server's own.
 *
 * @param fingerprint {@code SHA256:…}, as {@code ssh-keygen -lf} prints it on the server
 * @param expiresAt until when it can be approved
 */
public record Scanned(EnrolmentId id, String host, int port, String algorithm, String fingerprint, Instant expiresAt) {}
