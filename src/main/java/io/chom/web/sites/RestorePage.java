package io.chom.web.sites;

import io.chom.web.support.Badge;
import io.chom.web.support.Choice;
import io.chom.web.support.Moment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A restore, to be looked at before it is made.
 *
 * @param here this page, to which a choice leads back
 * @param parts what can be restored
 * @param planHref this page with the plan in it
 * @param plan what would be done; null where the page asks for it later
 * @param requestKey made with the form, so that a double click restores once
 * @param warning what to know of this backup before; null where nothing is
 * @param faults what was wrong with the form
 * @param downloadHref where it is brought to one's computer instead
 */
public record RestorePage(String domain, String siteHref, String here, String type, Moment created,
    @Nullable Badge proof, List<Choice> parts, String what, String planHref, @Nullable PlanView plan,
    String requestKey, @Nullable String warning, List<String> faults, String downloadHref) {}
