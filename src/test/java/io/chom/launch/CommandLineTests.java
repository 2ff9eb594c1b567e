package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandLineTests {
  @TempDir
  private Path data;

  private record Answer(int exit, String out, String err) {}

  private Answer ask(Map<String, String> settings, String... words) {
    var environment = new HashMap<>(Map.of("CHOM_DATA_DIR", data.toString(), "CHOM_PORT", "" + Ports.another()));
    environment.putAll(settings);
    return reading(environment, "", words);
  }

  private static Answer reading(Map<String, String> environment, String input, String... words) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    int exit = CommandLine.run(List.of(words), environment,
        new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
    return new Answer(exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  @Test
  void helpNamesEveryWord() {
    assertThat(ask(Map.of(), "help")).satisfies(answer -> {
      assertThat(answer.exit()).isZero();
      assertThat(answer.out()).contains("usage:", "doctor", "backup-panel", "restore-panel", "cache-clear", "help");
    });
  }

  @Test
  void aMistypedOptionIsNamedWithTheUsage() {
    for (var typed : List.of(new String[]{"backup-panel", "--too=x"}, new String[]{"backup-panel", "--to"},
        new String[]{"restore-panel"}, new String[]{"restore-panel", "--from=a", "--replace=yes"},
        new String[]{"restore-panel", "file"}, new String[]{"backup-panel", "--to=a", "--to=b"})) {
      assertThat(ask(Map.of(), typed)).satisfies(answer -> {
        assertThat(answer.exit()).isEqualTo(2);
        assertThat(answer.err()).startsWith("chom: ").contains("usage:");
      });
    }
  }

  @Test
  void aBackupNeedsAPassphraseAndAPanel() {
    assertThat(ask(Map.of(), "backup-panel")).satisfies(answer -> {
      assertThat(answer.exit()).isEqualTo(Launch.WRONG_SETUP);
      assertThat(answer.err()).contains("CHOM_BACKUP_PASSPHRASE").doesNotContain("\tat ");
    });
    assertThat(ask(Map.of("CHOM_BACKUP_PASSPHRASE", "a passphrase for tests"), "backup-panel")).satisfies(answer -> {
      assertThat(answer.exit()).isEqualTo(Launch.WRONG_SETUP);
      assertThat(answer.err()).contains("There is no panel in " + data, "CHOM_DATA_DIR");
    });
    assertThat(ask(Map.of("CHOM_BACKUP_PASSPHRASE", "a passphrase for tests"), "restore-panel", "--from=/nowhere"))
        .satisfies(answer -> {
          assertThat(answer.exit()).isOne();
          assertThat(answer.err()).contains("There is no file /nowhere");
        });
  }

  @Test
  void promqlScopePrintsWhatPrometheusIsAsked() {
    for (var typed : List.of(new String[]{"promql-scope", "--tenant", "A", "sum(up)"},
        new String[]{"promql-scope", "sum(up)", "--tenant=A"})) {
      assertThat(ask(Map.of(), typed)).isEqualTo(new Answer(0, "sum(up{tenant_id=\"A\"})\n", ""));
    }
    assertThat(reading(Map.of(), "up\ninfo(up)\n\n{a='b'}", "promql-scope", "--tenant=A")).satisfies(answer -> {
      assertThat(answer.exit()).isOne();
      assertThat(answer.out().lines()).hasSize(4).contains("up{tenant_id=\"A\"}", "{tenant_id=\"A\",a='b'}");
      assertThat(answer.out().lines().skip(1).limit(2)).allMatch(line -> line.startsWith("error: line 1, column 1: "));
    });
  }

  @Test
  void promqlScopePointsAtWhatIsWrong() {
    assertThat(ask(Map.of(), "promql-scope", "--tenant=A", "sum(\n  rate(up))")).satisfies(answer -> {
      assertThat(answer.exit()).isOne();
      assertThat(answer.out()).isEmpty();
      assertThat(answer.err()).startsWith("error: line 2, column 8: ").endsWith("\n  rate(up))\n       ^\n");
    });
    for (var typed : List.of(new String[]{"promql-scope", "up"}, new String[]{"promql-scope", "up", "--tenant"},
        new String[]{"promql-scope", "--tenant= ", "up"},
        new String[]{"promql-scope", "--tenant=A", "up", "+", "up"})) {
      assertThat(ask(Map.of(), typed)).satisfies(answer -> {
        assertThat(answer.exit()).isEqualTo(2);
        assertThat(answer.err()).startsWith("chom: ").contains("--tenant");
      });
    }
  }

  @Test
  void anUnknownWordGetsTheUsageAndExitCodeTwo() {
    assertThat(ask(Map.of(), "frobnicate")).satisfies(answer -> {
      assertThat(answer.exit()).isEqualTo(2);
      assertThat(answer.err()).contains("\"frobnicate\"", "usage:");
    });
  }

  @Test
  void doctorFindsNothingToMendOnAMachineThatCanRunThePanel() {
    var answer = ask(Map.of(), "doctor");
    assertThat(answer.out()).contains("ok    java", "ok    data", "ok    postgresql", "ok    redis", "ok    master key")
        .contains("Nothing keeps CHOM from starting.");
    assertThat(answer.exit()).isZero();
  }

  @Test
  void doctorNamesEachWrongSetting() {
    var answer = ask(Map.of("CHOM_PORT", "x", "CHOM_DEMO", "perhaps"), "doctor");
    assertThat(answer.exit()).isOne();
    assertThat(answer.out()).containsPattern("fail +settings +CHOM_PORT").containsPattern("fail +settings +CHOM_DEMO");
  }

  @Test
  void doctorSaysWhichServersDoNotAnswerAndWhichPortIsBusy() throws Exception {
    try (var busy = new ServerSocket(0, 1, Ports.loopback())) {
      String nobody = "127.0.0.1:" + Ports.another();
      var answer = ask(Map.of("CHOM_PORT", "" + busy.getLocalPort(), "CHOM_MASTER_KEY",
          "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "CHOM_DATABASE_ADMIN_URL",
          "jdbc:postgresql://" + nobody + "/chom?user=x&password=hush", "CHOM_REDIS_URL", "redis://" + nobody),
          "doctor");
      assertThat(answer.exit()).isOne();
      assertThat(answer.out()).containsPattern("fail +port .*CHOM_PORT")
          .containsPattern("fail +CHOM_DATABASE_ADMIN_URL")
          .containsPattern("fail +redis ").containsPattern("warn +redis .*password").doesNotContain("hush");
    }
  }

  @Test
  void clearsTheCacheAndNothingElse() throws Exception {
    int port = Ports.another();
    var server = redis.embedded.RedisServer.builder().port(port).setting("bind 127.0.0.1")
        .setting("requirepass hush").setting("dir " + data).setting("save \"\"").build();
    server.start();
    try (var redis = RedisTalk.connect(port, "hush")) {
      redis.ask("SET", "chom:session:sessions:1", "somebody");
      redis.ask("SELECT", "1");
      redis.ask("SET", "another's", "stays");
      for (int i = 0; i < 1_200; i++) {
        redis.ask("SET", "chom-cache-" + i, "x");
      }
      var answer = ask(Map.of("CHOM_REDIS_URL", "redis://:hush@127.0.0.1:" + port), "cache-clear");
      assertThat(answer.out()).contains("1200");
      assertThat(redis.ask("DBSIZE")).containsExactly("1");
      redis.ask("SELECT", "0");
      assertThat(redis.ask("DBSIZE")).containsExactly("1");
    } finally {
      server.stop();
    }
    var away = ask(Map.of("CHOM_REDIS_URL", "redis://:hush@127.0.0.1:" + port), "cache-clear");
    assertThat(away.exit()).isNotZero();
    assertThat(away.err()).contains("does not answer").doesNotContain("hush");
  }
}
