package io.chom.web.servers;

/** The fingerprint that a person is to compare. */
public record ApprovePage(String href, String address, String algorithm, String fingerprint) {}
