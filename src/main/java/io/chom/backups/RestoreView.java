package io.chom.backups;

import java.time.Instant;

/**
 * A restore that can be taken back, and until when.
 *
 * @param paths how many single files and directories it brought; 0 for all
 * @param tables how many single tables; 0 for all
 */
public record RestoreView(BackupId backup, BackupType part, Instant at, Instant until, int paths, int tables) {}
