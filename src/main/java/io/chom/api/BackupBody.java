package io.chom.api;

import io.chom.backups.BackupView;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A backup as the API shows it.
 *
 * @param siteDeleted whether its site is gone; the backup stays until it is removed
 * @param type {@code full}, {@code files} or {@code database}
 * @param proof UNPROVEN, PROVEN or BROKEN, as of {@code provenAt}
 * @param activity what is being done with it: PROVING, RESTORING or REMOVING
 * @param sizeBytes how much the site had, {@code addedBytes} how much more was stored for it
 * @param targetId where it lies
 */
record BackupBody(UUID id, UUID siteId, String domain, boolean siteDeleted, String type, String status, String proof,
    @Nullable Instant provenAt, @Nullable String activity, @Nullable String snapshot, long files, long sizeBytes,
    long addedBytes, List<String> databases, @Nullable String failure, Instant createdAt,
    @Nullable Instant finishedAt, boolean pinned, UUID targetId, String targetName) {

  static BackupBody of(BackupView view) {
    var activity = view.activity();
    return new BackupBody(view.id().value(), view.site().value(), view.domain(), !view.siteThere(),
        view.type().word(), view.status().name(), view.proof().name(), view.provenAt(),
        activity == null ? null : activity.name(), view.snapshot(), view.files(), view.sizeBytes(), view.addedBytes(),
        view.databases(), view.failure(), view.createdAt(), view.finishedAt(),
        view.pinned(), view.target().id().value(), view.target().name());
  }
}
