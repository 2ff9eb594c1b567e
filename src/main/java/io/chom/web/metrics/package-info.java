/** How sites and servers are doing. */
@NullMarked
package io.chom.web.metrics;

import org.jspecify.annotations.NullMarked;
