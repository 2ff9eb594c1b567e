package io.chom.backups;

import io.chom.backups.TargetRefused.Reason;
import java.util.Locale;
import java.util.stream.Stream;

/** What sort of place it is that backups go to. */
public enum TargetKind {
  /** A directory of the server the site is on. */
  LOCAL,
  /** Another server of the panel's, by SFTP, into a directory that is all its login sees. */
  SERVER, SFTP, S3, REST;

  /** As programs write it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** @throws TargetRefused there is no such kind */
  public static TargetKind of(String word) {
    return Stream.of(values()).filter(kind -> kind.word().equalsIgnoreCase(word.strip())).findFirst()
        .orElseThrow(() -> new TargetRefused(Reason.TARGET_KIND_UNKNOWN, "kind"));
  }

  /** Whether it is reached over the net at an address that somebody typed. */
  boolean typed() {
    return this == SFTP || this == S3 || this == REST;
  }

  /** Whether the panel gets in by a key pair of its own. */
  boolean bySsh() {
    return this == SFTP || this == SERVER;
  }
}
