package io.chom.web.support;

/** One option of a filter. */
public record Choice(String value, String label, boolean chosen) {}
