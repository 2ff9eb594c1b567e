package io.chom.web.servers;

import io.chom.web.support.Badge;
import io.chom.web.support.Moment;
import org.jspecify.annotations.Nullable;

/**
 * A server in a list, every word ready.
 *
 * @param trouble which layer fails; null while it answers
 * @param heard when it last answered; null if it never has
 */
public record ServerRow(String id, String href, String name, String address, Badge state, @Nullable String trouble,
    String system, String agent, String sites, @Nullable Moment heard) {}
