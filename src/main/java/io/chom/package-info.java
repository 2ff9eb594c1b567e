@NullMarked
package io.chom;

import org.jspecify.annotations.NullMarked;
