package io.chom.web.operations;

import org.jspecify.annotations.Nullable;

/**
 * One operation with its log.
 *
 * @param topics what to listen to; null when nothing can change any more
 * @param eventsHref where the rest of the log comes from; null when all of it is here
 * @param logOffset how many bytes of the log are here
 * @param cancelHref where to cancel it; null where it cannot be cancelled, or not by this reader
 * @param giveUpHref where an operator ends it without its server's word; null for others, and while there is hope
 * @param retryHref where to ask for the same change again; null where that is not possible, or not for this reader
 * @param repeatsHref the failed operation that this one asks for again, {@code repeatedHref} the one that asked for this
 *        again; null where there is none
 * @param undoHref where to take it back; null where there is no way back any more, or not for this reader
 */
public record OperationPage(OperationLine operation, String here, @Nullable String topics, @Nullable String subjectHref,
    String attempts, String log, long logOffset, @Nullable String eventsHref,
    @Nullable String cancelHref, @Nullable String giveUpHref, @Nullable String retryHref,
    @Nullable String repeatsHref, @Nullable String repeatedHref, @Nullable String undoHref) {

  /** Whether there is no log, and will not be one. */
  public boolean logOver() {
    return log.isEmpty() && !operation.active();
  }
}
