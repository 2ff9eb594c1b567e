package io.chom.web.support;

/**
 * A state in one word and one tone.
 *
 * @param tone ok, busy, warn, bad or quiet; never the only sign, the label says the same
 */
public record Badge(String tone, String label) {}
