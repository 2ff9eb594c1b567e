package io.chom.backups;

import io.chom.sites.SiteId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A backup as its tenant sees it.
 *
 * @param siteThere whether its site is; a backup outlives the site it was made of
 * @param provenAt when it was last looked at; null while nobody has
 * @param files how many it holds, {@code sizeBytes} how much the site had, {@code addedBytes} how much more was stored for it
 * @param databases the names of those in it
 * @param pinned whether it is kept whatever its schedule says
 * @param failure a sentence, where its status is FAILED
 * @param target where it lies
 */
public record BackupView(BackupId id, SiteId site, String domain, boolean siteThere, BackupType type,
    BackupStatus status, BackupProof proof, @Nullable Instant provenAt, @Nullable BackupActivity activity,
    @Nullable String snapshot, long files, long sizeBytes, long addedBytes, List<String> databases,
    @Nullable String failure, Instant createdAt, @Nullable Instant finishedAt, boolean pinned, TargetName target) {

  /** What can be restored from it. */
  public List<BackupType> parts() {
    return type.parts().stream().sorted()
        .filter(part -> part != BackupType.DATABASE || type == BackupType.DATABASE || !databases.isEmpty()).toList();
  }

  /** Whether something can be done with it now. */
  public boolean idle() {
    return status == BackupStatus.COMPLETED && activity == null;
  }
}
