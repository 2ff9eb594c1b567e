package io.chom.backups;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A link that was made, without its secret.
 *
 * @param madeBy whom it opens for
 * @param uses how often it was opened, of {@code mostUses} times
 * @param running whether somebody is downloading by it now
 * @param lastStatus what became of the last time: RUNNING, WHOLE or BROKEN; null before the first
 */
public record DownloadView(DownloadId id, BackupId backup, DownloadWish wish, String madeBy, Instant createdAt,
    Instant expiresAt, int uses, int mostUses, boolean running, @Nullable String lastStatus) {}
