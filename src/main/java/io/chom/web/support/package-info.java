/** What every page shares: the frame around it, its words, its errors. */
@NullMarked
package io.chom.web.support;

import org.jspecify.annotations.NullMarked;
