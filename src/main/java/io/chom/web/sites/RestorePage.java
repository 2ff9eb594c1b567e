package io.chom.web.sites;

import io.chom.web.support.Badge;
import io.chom.web.support.Choice;
import io.chom.web.support.Moment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A restore, to be looked at before it is made.
 *
 * @param domain the site of the backup, {@code title} what will be done
 * @param here this page, to which the form leads
 * @param planHref this page with the plan in it; null where there is none
 * @param plan what would be done; null where the page asks for it later
 * @param warning what to know of this backup before; null where nothing is
 * @param trouble why it cannot be done as it was chosen; null where it can
 */
public record RestorePage(String domain, String title, String siteHref, String here, What what, Where where, Form form,
    @Nullable String planHref, @Nullable PlanView plan, @Nullable String warning, @Nullable String trouble) {

  /**
   * What is restored.
   *
   * @param parts what can be, each an address of this page
   * @param picked the single files, directories or tables that are chosen; empty for all
   * @param pickHref where to choose them; null where there is nothing to choose from
   * @param downloadHref where it is brought to one's computer instead
   */
  public record What(String type, Moment created, @Nullable Badge proof, List<Link> parts, List<String> picked,
      @Nullable String pickHref, String downloadHref) {}

  /**
   * Where to.
   *
   * @param places the ways, each an address of this page
   * @param choose whether another site is to be chosen, {@code others} of these, by a form that carries {@code fields}
   * @param newSite whether a site is made for it, and {@code newDomain} what was typed as its domain
   */
  public record Where(List<Link> places, boolean choose, List<Choice> others, List<Field> fields, boolean newSite,
      String newDomain) {}

  /**
   * What makes it.
   *
   * @param hidden what the form carries
   * @param typed the domain to type; null where nothing is replaced, or where to is not chosen yet
   * @param adapt whether settings are adapted; null where there is nothing to adapt
   * @param requestKey made with the form, so that a double click restores once
   * @param faults what was wrong with it
   */
  public record Form(List<Field> hidden, @Nullable String typed, @Nullable Boolean adapt, String requestKey,
      List<String> faults) {}

  /** One way to go on. */
  public record Link(String label, String href, boolean chosen) {}

  /** What a form carries without showing it. */
  public record Field(String name, String value) {}

  /** Whether enough is chosen to go on. */
  public boolean ready() {
    return trouble == null && (where.newSite() || form.typed() != null);
  }
}
