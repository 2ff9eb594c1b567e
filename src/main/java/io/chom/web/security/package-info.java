/** Login, sessions, who is asking, and for which tenant. */
@NullMarked
package io.chom.web.security;

import org.jspecify.annotations.NullMarked;
