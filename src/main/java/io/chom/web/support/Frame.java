package io.chom.web.support;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What stands around every page.
 *
 * @param path where the reader is, to come back to after switching theme or language
 * @param theme auto, light or dark
 * @param notice what an operator should know on every page; null if there is nothing
 * @param person null on pages without a menu
 */
public record Frame(String path, String language, String theme, @Nullable Person person, String tenantName,
    List<Tenant> tenants, @Nullable String notice) {

  /** Who is signed in. */
  public record Person(String name, String email, String initials, boolean operator) {}

  /** One of the tenants that the person may look at. */
  public record Tenant(String id, String name, boolean current) {}
}
