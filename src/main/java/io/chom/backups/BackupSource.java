package io.chom.backups;

import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Where a backup lies, for the work on its server.
 *
 * @param repository its row
 * @param place the arguments that name it to the agent; see {@link Reach}
 * @param unixUser the site's user there
 */
record BackupSource(UUID repository, UUID server, Map<String, Object> place, String unixUser, @Nullable String snapshot,
    @Nullable String manifest) {}
