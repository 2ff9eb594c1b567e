package io.chom.accounts;

/**
 * A customer to be made, with an organization of the same name.
 *
 * @param slug short name in addresses: lower case letters, digits and hyphens
 * @param tier the plan, such as {@code starter}
 */
public record NewTenant(String name, String slug, String tier) {}
