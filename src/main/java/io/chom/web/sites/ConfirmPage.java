package io.chom.web.sites;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A change of a site, to be looked at before it is made.
 *
 * @param href what makes it
 * @param planHref this page with the plan in it
 * @param plan what would be done; null where the page asks for it later
 * @param typed whether the site's name must be typed
 * @param purge whether the site's files go too
 * @param faults what was wrong with the form
 * @param other another way of doing it, and where; null where there is none
 */
public record ConfirmPage(String domain, String siteHref, String title, String text, String button, String href,
    String planHref, @Nullable PlanView plan, boolean typed, boolean purge, List<String> faults,
    @Nullable Other other) {

  /** Another way. */
  public record Other(String label, String href) {}

  /** Files that are gone cannot be brought back: without a plan nobody goes on to that. */
  public boolean mayGoOn() {
    return !purge || plan != null && plan.trouble() == null;
  }
}
