package io.chom.web.support;

/** One number worth a glance, with its unit, and what it means. */
public record Figure(String icon, String label, String value, String note) {}
