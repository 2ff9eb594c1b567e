package io.chom.web.backups;

import io.chom.backups.BackupProof;
import io.chom.backups.BackupStatus;
import io.chom.backups.BackupType;
import io.chom.backups.BackupView;
import io.chom.web.support.Badge;
import io.chom.web.support.Words;
import org.jspecify.annotations.Nullable;

/** Puts backups into words. */
public final class BackupWords {
  private BackupWords() {}

  public static Badge state(BackupView backup, Words words) {
    var activity = backup.activity();
    if (activity != null) {
      return new Badge("busy", words.say("backup.activity." + activity));
    }
    String tone = switch (backup.status()) {
      case RUNNING -> "busy";
      case COMPLETED -> "ok";
      case FAILED -> "bad";
      case EXPIRED -> "quiet";
    };
    return new Badge(tone, words.say("backup.status." + backup.status()));
  }

  /** Whether it is good; null while there is nothing to prove. */
  public static @Nullable Badge proof(BackupView backup, Words words) {
    if (backup.status() != BackupStatus.COMPLETED) {
      return null;
    }
    String tone = switch (backup.proof()) {
      case UNPROVEN -> "quiet";
      case PROVEN -> "ok";
      case BROKEN -> "bad";
    };
    return new Badge(tone, proof(backup.proof(), words));
  }

  static String proof(BackupProof proof, Words words) {
    return words.say("backup.proof." + proof);
  }

  public static String type(BackupType type, Words words) {
    return words.say("backup.type." + type);
  }

  /** How much the site had; empty while nobody knows. */
  public static String size(BackupView backup, Words words) {
    return backup.snapshot() == null ? "" : words.bytes(backup.sizeBytes());
  }
}
