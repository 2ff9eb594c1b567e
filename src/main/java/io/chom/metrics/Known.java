package io.chom.metrics;

import io.chom.promql.Answer.Curves;
import io.chom.promql.Window;

/**
 * An answer as it is remembered.
 *
 * @param asked when, in milliseconds since 1970
 * @param window what time it is about
 */
record Known(long asked, Window window, Curves curves) {}
