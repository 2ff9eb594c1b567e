package io.chom.api;

import io.chom.accounts.Permission;
import io.chom.accounts.Requires;
import io.chom.backups.BackupId;
import io.chom.backups.BackupRuns;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.List;
import java.util.UUID;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** For a clock outside the panel, such as cron or a systemd timer: it may ask as often as it likes. */
@Tag(name = "Backup schedules")
@RestController
@RequestMapping("/api/v1/backup-runs")
class BackupRunsApi {
  private final BackupRuns runs;

  BackupRunsApi(BackupRuns runs) {
    this.runs = runs;
  }

  /** @param started the backups that this call began */
  record Started(List<UUID> started) {}

  @Operation(summary = "Start the backups that are due", description = "Each run is started once, whoever asks and however often; the panel's own clock does the same twice a minute.")
  @PostMapping
  @ResponseStatus(HttpStatus.ACCEPTED)
  @Requires(Permission.BACKUPS_RUN)
  Started start() {
    return new Started(runs.tendAll().stream().map(BackupId::value).toList());
  }
}
