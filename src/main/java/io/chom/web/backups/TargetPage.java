package io.chom.web.backups;

import io.chom.web.support.Badge;
import io.chom.web.support.Choice;
import io.chom.web.support.Faults;
import io.chom.web.support.Moment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The pages about where backups go. */
public final class TargetPage {
  private TargetPage() {}

  /**
   * The list.
   *
   * @param mayChange whether this reader may add and change some
   * @param kinds what can be added, each with the address of its form
   * @param forAll whether what is added here is shared with all tenants
   */
  public record Overview(List<Line> lines, boolean mayChange, List<Kind> kinds, boolean forAll) {}

  /** @param href its form */
  public record Kind(String label, String text, String icon, String href) {}

  /**
   * One target in the list.
   *
   * @param href its page; null where there is nothing to see or to do
   * @param where its address; empty where that is the operator's to know
   * @param load how much lies there
   * @param defaultHref where to make it the default one; null where it is, or cannot be
   */
  public record Line(String name, String kind, @Nullable String href, String where, Badge state, boolean isDefault,
      boolean shared, String load, @Nullable String defaultHref, @Nullable String failure) {}

  /**
   * The form to add one.
   *
   * @param kind as programs write it
   * @param servers those that can keep it, or look whether it is there
   */
  public record Add(String kind, String title, String lead, TargetForm form, Faults faults, List<Choice> servers,
      boolean forAll) {}

  /**
   * One target.
   *
   * @param here its address
   * @param load how much lies there
   * @param appendOnly whether nothing can be removed from it
   * @param fresh whether its host is still to be compared and the key to be let in there
   * @param checkable whether it can be checked now
   * @param login whether it is opened by a login that can be another one
   */
  public record Detail(String name, String here, String kind, Badge state, String where, @Nullable String publicKey,
      @Nullable String fingerprint, @Nullable String region, boolean ownAuthorities, @Nullable String keptBy,
      boolean appendOnly,
      @Nullable Moment checked, @Nullable String failure, String load, boolean isDefault, boolean fresh,
      boolean checkable, boolean login, TargetForm form, Faults faults) {}

  /**
   * Giving one up.
   *
   * @param lost how many backups go with it
   * @param lastOf sites whose last good backup lies there; {@code lastProvenOf} their last proven one
   */
  public record Forget(String name, String here, String lost, List<String> lastOf, List<String> lastProvenOf,
      Faults faults) {}
}
