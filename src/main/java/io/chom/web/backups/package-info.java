/** The list of all of a tenant's backups. */
@NullMarked
package io.chom.web.backups;

import org.jspecify.annotations.NullMarked;
