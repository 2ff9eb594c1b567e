package io.chom.launch;

import io.chom.common.ChomException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;

/** The words that the jar answers besides being the panel. */
final class CommandLine {
  private static final String USAGE = """
      usage: chom [word]

        (no word)      start the panel
        doctor         look at this machine and its settings, and say what to do about each problem
        backup-panel   write a sealed copy of this panel (database and keys) into one file, while it runs or not
          --to=FILE|DIRECTORY     where to; else CHOM_PANEL_BACKUP_DIRECTORY, else this directory
          --passphrase-file=FILE  what opens it; else CHOM_BACKUP_PASSPHRASE, CHOM_BACKUP_PASSPHRASE_FILE, or you are asked
        restore-panel  bring a panel back from such a file into an empty database and data directory
          --from=FILE             the copy
          --passphrase-file=FILE  as above
          --replace               what is there may go; you are asked to type the database's name
        cache-clear    empty the cache, which fills again by itself; sessions and the queue stay
        prometheus-config  print the settings of a Prometheus that finds everything through this panel
          --url=URL               where it reaches the panel; else CHOM_BASE_URL
          --token-file=FILE       where it keeps CHOM_SCRAPE_TOKEN; else /etc/prometheus/chom-scrape.token
        promql-scope   print what Prometheus is asked for a tenant's expression, or where that is wrong
          --tenant=ID             whose series it may read
          'EXPRESSION'            else each line of the input is one
        help           print this

      Settings are environment variables; .env.example explains each of them.
      """;

  private CommandLine() {}

  static int run(List<String> typed, Map<String, String> environment, InputStream in, PrintStream out,
      PrintStream err) {
    String word = typed.stream().filter(one -> !one.startsWith("--")).findFirst().orElse("");
    var rest = new java.util.ArrayList<>(typed);
    rest.remove(word);
    try {
      return switch (rest.isEmpty() || takesOptions(word) ? word : String.join(" ", typed)) {
        case "help" -> {
          out.print(USAGE);
          yield 0;
        }
        case "doctor" -> new Doctor(environment).examine(out);
        case ClearCache.NAME -> new ClearCache(environment).run(out);
        case BackupPanel.NAME -> new BackupPanel(environment).run(rest, out);
        case PrometheusConfig.NAME -> new PrometheusConfig(environment).run(rest, out);
        case ScopePromql.NAME -> ScopePromql.run(rest, in, out, err);
        case RestorePanel.NAME -> new RestorePanel(environment, in, out).run(rest);
        default -> {
          err.println("chom: there is no \"" + String.join(" ", typed) + "\"");
          err.print(USAGE);
          yield Launch.WRONG_USAGE;
        }
      };
    } catch (Words.Mistake mistake) {
      err.println("chom: " + mistake.getMessage());
      err.print(USAGE);
      return Launch.WRONG_USAGE;
    } catch (StartRefused refused) {
      err.println(refused.getMessage());
      return Launch.WRONG_SETUP;
    } catch (ChomException refused) {
      err.println(refused.getMessage());
      return 1;
    }
  }

  private static boolean takesOptions(String word) {
    return List.of(BackupPanel.NAME, PrometheusConfig.NAME, RestorePanel.NAME, ScopePromql.NAME).contains(word);
  }
}
