package io.chom.launch;

import io.chom.recovery.ScheduledPanelBackup;
import io.chom.servers.FleetNotice;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** Tells operators on the page of the fleet that the panel's own backup failed or was not made in time. */
@Component
final class PanelBackupNotice implements FleetNotice {
  private final ScheduledPanelBackup backups;

  PanelBackupNotice(ScheduledPanelBackup backups) {
    this.backups = backups;
  }

  @Override
  public Optional<String> notice() {
    return backups.trouble();
  }
}
