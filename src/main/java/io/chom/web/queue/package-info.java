/** The operators' page about everybody's queue. */
@NullMarked
package io.chom.web.queue;

import org.jspecify.annotations.NullMarked;
