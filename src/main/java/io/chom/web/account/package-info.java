/** Signing in, and the reader's preferences. */
@NullMarked
package io.chom.web.account;

import org.jspecify.annotations.NullMarked;
