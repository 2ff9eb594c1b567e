package io.chom.web.operations;

import io.chom.web.support.Badge;
import io.chom.web.support.Moment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An operation as pages show it, every word ready.
 *
 * @param step what it is doing, or how it ended
 * @param active whether it can still change
 * @param waiting that its server is silent, and since when; null if it is not
 * @param again why its last attempt failed, while it waits for the next; null if it does not
 * @param fault why it failed, {@code advice} what to do next; null if it did not
 * @param done that it ended well; null if it did not
 * @param cancelled that it was cancelled; null if it was not. {@code leftBehind} is then what of it is on the server
 * @param left what that list means, or why there is none
 */
public record OperationLine(String id, String href, String title, String subject, Badge state, int progress,
    String percent, String step, boolean active, Moment requested, String duration, String by,
    @Nullable String waiting, @Nullable String again, @Nullable String fault, @Nullable String advice,
    @Nullable String done,
    @Nullable String cancelled, List<String> leftBehind, String left) {}
