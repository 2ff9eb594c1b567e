/** Real servers and named customers for tests. */
@NullMarked
package io.chom.testing;

import org.jspecify.annotations.NullMarked;
