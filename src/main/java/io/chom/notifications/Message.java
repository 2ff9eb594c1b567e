package io.chom.notifications;

import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Something to be told, in one reader's language and for a program.
 *
 * @param id the same however often it is sent
 * @param subject one line
 * @param lines what is true of all of it; may be empty
 * @param manage where the reader changes what they are told
 * @param type and
 * @param body what a program reads
 */
record Message(UUID id, String subject, List<String> lines, List<Item> items, String why, String manage, String type,
    Map<String, Object> body) {

  /**
   * One thing that happened.
   *
   * @param link where more of it is to be seen
   */
  record Item(String title, @Nullable String detail, String link) {}
}
