/** The pages about the fleet, for operators. */
@NullMarked
package io.chom.web.servers;

import org.jspecify.annotations.NullMarked;
