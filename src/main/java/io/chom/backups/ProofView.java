package io.chom.backups;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What came of looking at a backup.
 *
 * @param reasons why it is broken; empty for a good one
 * @param answered what the restored site answered by HTTP; null where there was none to ask
 * @param restoreMs how long it took to restore
 * @param skipped what was not looked at, in the server's words, such as {@code answer}
 * @param server which looked, and {@code serverName} as the tenant knows it; {@code ?} where it never had a place there
 */
public record ProofView(BackupProof outcome, List<Reason> reasons, long files, long sizeBytes, long tables, long rows,
    @Nullable Integer answered, long restoreMs, List<String> skipped, UUID server, String serverName, Instant at) {
  /** The code of a last reason that stands for as many more as it says. */
  public static final String MORE = "MORE";

  /**
   * One thing that was not as it had been.
   *
   * @param code stable, such as {@code FILE_MISSING}
   * @param what which file, table or page
   */
  public record Reason(String code, String what) {}
}
