/** The pages about sites. */
@NullMarked
package io.chom.web.sites;

import org.jspecify.annotations.NullMarked;
