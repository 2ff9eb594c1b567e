package io.chom.web.sites;

import io.chom.web.support.Badge;
import io.chom.web.support.Moment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What lies in one place of a backup, to choose from.
 *
 * @param here this page, to which the form leads
 * @param backHref the page of the restore, as it was chosen until now
 * @param kinds files, and the databases
 * @param trail the directories that lead there, the home first; empty where databases are shown
 * @param at the directory itself
 * @param fields what the form carries
 * @param elsewhere what was chosen in other places
 * @param listHref this page with the list in it
 * @param rows null where the page asks for them later
 * @param next what to ask for after these; null where these are all
 * @param pick the name under which the form sends what is chosen; null where only links are shown
 * @param chosen how many are chosen
 * @param restoreHref where the form goes with what is chosen
 * @param trouble why there is no list; null where there is one
 */
public record ContentsPage(String domain, String here, String backHref, String type, Moment created,
    @Nullable Badge proof, List<RestorePage.Link> kinds, List<Crumb> trail, String at, List<RestorePage.Field> fields,
    List<Picked> elsewhere, String listHref, @Nullable List<Row> rows, @Nullable String next, @Nullable String pick,
    int chosen, String restoreHref, @Nullable String trouble) {

  /** Where one of these, or the directory itself, comes to somebody's computer. */
  public String downloadHref() {
    return here.substring(0, here.lastIndexOf('/')) + "/downloads";
  }

  /** A directory on the way. */
  public record Crumb(String label, String at) {}

  /** What is chosen, as the form sends it and as it is read. */
  public record Picked(String value, String label) {}

  /**
   * One entry.
   *
   * @param value as the form sends it; {@code href} where a link leads instead, {@code at} which directory it opens
   * @param facts how much it holds
   * @param changed null where nobody knows
   */
  public record Row(String value, String label, String icon, String kind, String facts, @Nullable Moment changed,
      @Nullable String at, @Nullable String href, boolean chosen) {}
}
