/** Where one is told what happened. */
@NullMarked
package io.chom.web.notifications;

import org.jspecify.annotations.NullMarked;
