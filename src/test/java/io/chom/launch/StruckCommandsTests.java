package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Faults strike in the middle of whatever the agent can be told to change. */
class StruckCommandsTests {
  private static final Path AGENT = Path.of("src/main/resources/agent/lib");

  @Test
  void everyCommandThatChangesSomethingIsStruckByTheMatrixOrByTheFaultsOfBackups() throws IOException {
    var struck = new TreeSet<String>();
    Stream.of(FaultMatrixAcceptanceIT.STRUCK, FaultMatrixAcceptanceIT.ONE_AT_A_TIME, FaultMatrixAcceptanceIT.NOT_HERE,
        BackupFaults.STRUCK).flatMap(Set::stream)
        .forEach(command -> assertThat(struck.add(command)).as("%s is in one of them", command).isTrue());
    assertThat(struck).isEqualTo(registered("change"));
  }

  @Test
  void everyCommandThatOnlyLooksIsAskedUnderEachFault() throws IOException {
    var looking = registered("read");
    looking.removeIf(command -> command.startsWith("backup:"));
    assertThat(FaultMatrixAcceptanceIT.ASKED).isEqualTo(looking);
  }

  private static Set<String> registered(String kind) throws IOException {
    var all = new TreeSet<String>();
    try (var files = Files.list(AGENT)) {
      for (var file : files.toList()) {
        Files.readString(file).lines().filter(line -> line.startsWith("register " + kind + " "))
            .forEach(line -> all.add(line.split(" ")[2]));
      }
    }
    return all;
  }
}
