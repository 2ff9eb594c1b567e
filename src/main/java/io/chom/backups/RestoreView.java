package io.chom.backups;

import java.time.Instant;

/** A restore that can be taken back, and until when. */
public record RestoreView(BackupId backup, BackupType part, Instant at, Instant until) {}
