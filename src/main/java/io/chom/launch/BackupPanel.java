package io.chom.launch;

import io.chom.recovery.PanelBackups;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The word backup-panel: a sealed copy of this panel into one file. */
final class BackupPanel {
  static final String NAME = "backup-panel";

  private final Map<String, String> environment;

  BackupPanel(Map<String, String> environment) {
    this.environment = environment;
  }

  int run(List<String> typed, PrintStream out) {
    var words = Words.read(typed, List.of("to", "passphrase-file"), List.of());
    var settings = Settings.read(environment);
    String passphrase = Passphrase.of(settings, words.get("passphrase-file").orElse(null), true);
    Path place = Path.of(words.get("to").or(() -> settings.get(Setting.CHOM_PANEL_BACKUP_DIRECTORY)).orElse("."));
    try (var database = PanelDatabase.open(settings)) {
      var written = new PanelBackups(database.logins().migration(), database.masterKey(), passphrase).write(place);
      out.println(written.file());
      out.printf("%,d bytes, written, read back and compared. It opens with its passphrase alone: keep both, apart from"
          + " each other and away from this machine.%n", written.bytes());
      return 0;
    }
  }
}
