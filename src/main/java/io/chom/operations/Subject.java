package io.chom.operations;

import java.util.UUID;

/**
 * What an operation changes. Two operations on one subject never run at the same time.
 *
 * @param kind such as {@code site} or {@code server}
 * @param label what a person calls it, kept for when the subject itself is gone
 */
public record Subject(String kind, UUID id, String label) {}
