package io.chom.backups;

import io.chom.backups.BackupRefused.Reason;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A backup as somebody wants it.
 *
 * @param target where it is to lie; null for wherever the tenant's backups go
 * @param exclude what is left out, as restic names it, relative to the site's home
 */
public record BackupWish(BackupType type, @Nullable TargetId target, List<String> exclude) {
  private static final int MOST = 50;
  /** A request is a frame of 32 KiB with other things in it. */
  private static final int MOST_CHARACTERS = 8_000;
  private static final Pattern PATTERN = Pattern.compile("[^\\\\\\p{Cntrl}]{1,200}");

  public BackupWish {
    exclude = List.copyOf(exclude);
  }

  /** All of that type, wherever backups go. */
  public static BackupWish of(BackupType type) {
    return new BackupWish(type, null, List.of());
  }

  /** @throws BackupRefused that cannot be left out */
  void require() {
    if (!possible(exclude)) {
      throw new BackupRefused(Reason.EXCLUDE_INVALID, "exclude");
    }
  }

  static boolean possible(List<String> exclude) {
    return exclude.size() <= MOST && exclude.stream().mapToInt(String::length).sum() <= MOST_CHARACTERS
        && exclude.stream().allMatch(one -> PATTERN.matcher(one).matches() && !one.isBlank() && !one.startsWith("!"));
  }
}
