package io.chom.web.account;

import io.chom.web.support.Toast;
import org.jspecify.annotations.Nullable;

/**
 * The login page.
 *
 * @param email what was typed before
 * @param notice why the reader is here; null if there is nothing to say
 */
public record LoginPage(String email, @Nullable Toast notice) {}
