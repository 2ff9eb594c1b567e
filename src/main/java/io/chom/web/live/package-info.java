/** Event streams that keep open pages true. */
@NullMarked
package io.chom.web.live;

import org.jspecify.annotations.NullMarked;
