/** The overview. */
@NullMarked
package io.chom.web.dashboard;

import org.jspecify.annotations.NullMarked;
