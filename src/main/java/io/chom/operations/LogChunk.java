package io.chom.operations;

/**
 * A piece of an operation's log.
 *
 * @param from where it begins, in UTF-8 bytes from the log's start
 * @param next where the next piece begins
 */
public record LogChunk(long from, long next, String text) {}
