package io.chom.ssh;

/**
 * The key a server shows.
 *
 * @param algorithm its type, e.g. {@code ssh-ed25519}
 * @param fingerprint as OpenSSH prints it, {@code SHA256:…}
 * @param publicKey type and key as one line of {@code known_hosts}, without the host
 */
public record HostKey(String algorithm, String fingerprint, String publicKey) {}
