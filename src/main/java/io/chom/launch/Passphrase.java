package io.chom.launch;

import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Where the passphrase of the panel's backups comes from: a file, a setting, or a person who types it. */
final class Passphrase {
  static final int SHORTEST = 12;

  private Passphrase() {}

  /**
   * The passphrase.
   *
   * @param named the file that was named on the command line
   * @param fresh whether it is about to seal something: whoever types it types it twice
   */
  static String of(Settings settings, @Nullable String named, boolean fresh) {
    if (named != null) {
      return ofFile(Path.of(named));
    }
    if (settings.has(Setting.CHOM_BACKUP_PASSPHRASE)) {
      return settings.get(Setting.CHOM_BACKUP_PASSPHRASE).orElseThrow();
    }
    if (settings.has(Setting.CHOM_BACKUP_PASSPHRASE_FILE)) {
      return ofFile(Path.of(settings.get(Setting.CHOM_BACKUP_PASSPHRASE_FILE).orElseThrow()));
    }
    return typed(System.console(), fresh);
  }

  private static String ofFile(Path file) {
    try {
      return longEnough(Files.readString(file).strip(), "The passphrase in " + file);
    } catch (IOException e) {
      throw new StartRefused("The passphrase cannot be read from " + file + " (" + e.getMessage()
          + "): name a file that this user may read", e);
    }
  }

  private static String typed(@Nullable Console console, boolean fresh) {
    if (console == null) {
      throw new StartRefused("There is no passphrase, and nobody to ask for it: set CHOM_BACKUP_PASSPHRASE or"
          + " CHOM_BACKUP_PASSPHRASE_FILE, or give --passphrase-file=FILE");
    }
    char[] first = console.readPassword("Passphrase of the backup: ");
    if (first == null) {
      throw new StartRefused("No passphrase was typed");
    }
    if (fresh) {
      char[] second = console.readPassword("Once more: ");
      if (second == null || !Arrays.equals(first, second)) {
        throw new StartRefused("The two passphrases differ: nothing was written");
      }
    }
    return longEnough(new String(first), "The passphrase");
  }

  private static String longEnough(String passphrase, String what) {
    if (passphrase.length() < SHORTEST) {
      throw new StartRefused(what + " has fewer than " + SHORTEST + " characters: use a longer one");
    }
    return passphrase;
  }
}
