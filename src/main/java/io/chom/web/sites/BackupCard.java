package io.chom.web.sites;

import io.chom.web.support.Choice;
import io.chom.web.support.Moment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A site's last backups.
 *
 * @param here its own address, to be read again
 * @param turns the events upon which the list is another one; empty where there is nothing to wait for
 * @param scheduleHref where it says when backups are made by themselves
 * @param allHref where all of them are; null where these are all
 * @param createHref where to take one more; null where that cannot be
 * @param requestKey made with the form, so that a double click takes one backup
 * @param faults why what was asked for was refused
 * @param targets where one more can go; empty where there is no choice
 * @param undo the restore that can be taken back; null where there is none
 * @param exclude what was typed to be left out, where that was refused; else empty
 * @param awaited what the site was made for and has not come; null where there is nothing
 */
public record BackupCard(String here, List<BackupEntry> rows, String turns, String scheduleHref,
    @Nullable String allHref,
    @Nullable String createHref, List<Choice> types, String requestKey, List<String> faults, @Nullable Undo undo,
    List<Choice> targets, String exclude, @Nullable Awaited awaited) {

  /** What was sent for one more backup, so that a refusal takes none of it away. */
  record Wish(String type, @Nullable String target, String exclude) {
    static final Wish NONE = new Wish("full", null, "");
  }

  /**
   * @param text what was restored
   * @param href null where this reader may not, or not now
   */
  public record Undo(String text, Moment at, Moment until, @Nullable String href) {}

  /**
   * @param why a sentence, where it failed
   * @param href where to ask for it again; null where this reader may not, or not now
   */
  public record Awaited(String title, String text, @Nullable String why, @Nullable String href) {}
}
