package io.chom.web.support;

/**
 * A point in time, ready to be shown.
 *
 * @param iso for machines
 * @param exact for those who hover
 * @param relative for those who read
 */
public record Moment(String iso, String exact, String relative) {}
