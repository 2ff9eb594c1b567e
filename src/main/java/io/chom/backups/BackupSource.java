package io.chom.backups;

import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Where a backup lies, for the work on its server.
 *
 * @param repository its row
 * @param place the arguments that name it to the agent; see {@link Reach}
 * @param held whether a backup has ever come to its repository: one that is gone then is not made anew
 * @param unixUser the site's user there
 */
record BackupSource(UUID repository, UUID server, Map<String, Object> place, String unixUser, @Nullable String snapshot,
    @Nullable String manifest, boolean held) {}
