package io.chom.backups;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Where a backup lies, for the work on its server.
 *
 * @param repository its row, {@code address} as the agent names it
 * @param unixUser the site's user there
 */
record BackupSource(UUID repository, UUID server, String address, String unixUser, @Nullable String snapshot,
    @Nullable String manifest) {}
