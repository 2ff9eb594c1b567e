package io.chom.web.backups;

import io.chom.web.support.Badge;
import io.chom.web.support.Choice;
import io.chom.web.support.Faults;
import io.chom.web.support.Moment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a link is made by which a backup comes to somebody's computer.
 *
 * @param action where the form goes
 * @param parts what can be downloaded
 * @param path the one file or directory, as it was typed
 * @param link the one that has just been made; null where none was
 * @param links those that can still be opened
 */
public record DownloadPage(String domain, String backHref, String type, Moment created, @Nullable Badge proof,
    String action, List<Choice> parts, String path, boolean compressed, Faults faults, @Nullable Link link,
    List<Line> links) {

  /** @param href opens it; its only copy */
  public record Link(String href, String text) {}

  /**
   * @param what what it opens
   * @param state how often it was opened, or that it is under way
   */
  public record Line(String what, String madeBy, Badge state, Moment expires, String revokeHref) {}
}
