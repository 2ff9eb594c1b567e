/** The pages about operations, and their logs. */
@NullMarked
package io.chom.web.operations;

import org.jspecify.annotations.NullMarked;
