package io.chom.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.ssh.CredentialUnusable.Problem;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What enrolment needs: a server's key, one fresh login, and clear words about keys that do not fit. */
class DirectLoginTests {
  private static final SshKeyPair KEY = SshKeys.generate("panel");
  // ssh-keygen -t ed25519 -N geheim
  private static final String ENCRYPTED = """
      -----BEGIN OPENSSH PRIVATE KEY-----
      b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABBkfBq2fd
      yy02exCOnRDUgAAAAAEAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIHxsIgSQAk1aaM0V
      AbKuqxp+MgESi+7F7KQH0iScgM7kAAAAkOPtfsk1+6L5O7enaicldt3zb3w9W0a/LagFM3
      LYlewM39Jo4RUnhDX0p37KJw1xPD6odeBjteZC47fWQ3N7RyeJBbH7V6/b6vwmUTq7H5hw
      2XuKpRATq/FuxOFPKRSvbyW3nuXljqkY4X748Zp2h9qXzeMDDF4XPZrm/bKFEws+H44nj6
      AEyO0F9cX1MR0GGw==
      -----END OPENSSH PRIVATE KEY-----
      """;

  private final SshDirect direct = TestPools.direct();
  private final TestSshServer server = new TestSshServer(0, "ssh-ed25519", "ssh-rsa").allow(KEY);

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private SshTarget with(SshCredential credential) {
    return new SshTarget("127.0.0.1", server.port(), "debian", credential, server.fingerprint());
  }

  @Test
  void ofSeveralHostKeysTheBestIsShown() {
    var shown = direct.scan("127.0.0.1", server.port(), Duration.ofSeconds(10));
    assertThat(shown.algorithm()).isEqualTo("ssh-ed25519");
    assertThat(shown.fingerprint()).isEqualTo(server.fingerprint());
    assertThat(shown.publicKey()).isEqualTo(server.hostKeyLine());
    assertThat(server.attempts).hasValue(0);
  }

  @Test
  void aPinnedRsaKeyIsAskedForThoughTheServerHasABetterOne() throws Exception {
    try (var old = new TestSshServer(0, "ssh-rsa", "ssh-ed25519").allow(KEY)) {
      var target = new SshTarget("127.0.0.1", old.port(), "debian",
          new SshCredential.Key("panel", KEY.privateKey(), null), old.fingerprint(), "ssh-rsa");
      try (var login = direct.open(target)) {
        assertThat(login.exec("echo hi", new byte[0], Duration.ofSeconds(10)).out()).isEqualTo("hi\n");
      }
    }
  }

  @Test
  void aPasswordLogsInAndGivesInput() {
    try (var login = direct.open(with(new SshCredential.Password("correct horse")))) {
      var result = login.exec("cat; echo oops >&2; exit 4", "secret text".getBytes(), Duration.ofSeconds(10));
      assertThat(result.out()).isEqualTo("secret text");
      assertThat(result.err()).isEqualTo("oops\n");
      assertThat(result.exitCode()).isEqualTo(4);
    }
    Eventually.that(() -> server.sessions() == 0);
  }

  @Test
  void aWrongPasswordIsRejectedInWordsThatHelp() {
    assertThatThrownBy(() -> direct.open(with(new SshCredential.Password("wrong"))))
        .isInstanceOf(AuthenticationRejected.class).hasMessageContaining("does not accept this password")
        .hasMessageNotContaining("wrong");
  }

  @Test
  void keysThatCannotBeUsedAreNamedBeforeAnyServerIsAsked() {
    assertProblem("not a key", null, Problem.NOT_A_PRIVATE_KEY);
    assertProblem("", null, Problem.NOT_A_PRIVATE_KEY);
    assertProblem(KEY.publicKey(), null, Problem.NOT_A_PRIVATE_KEY);
    assertProblem(KEY.privateKey().replace("b3Bl", "b3Bm"), null, Problem.NOT_A_PRIVATE_KEY);
    assertProblem(ENCRYPTED, null, Problem.PASSPHRASE_MISSING);
    assertProblem(ENCRYPTED, "falsch", Problem.PASSPHRASE_WRONG);
    assertThat(server.attempts).hasValue(0);
  }

  private void assertProblem(String key, String passphrase, Problem problem) {
    assertThatThrownBy(() -> direct.open(with(new SshCredential.Key("mine", key, passphrase))))
        .isInstanceOfSatisfying(CredentialUnusable.class, e -> assertThat(e.problem()).isEqualTo(problem));
  }

  @Test
  void anEncryptedKeyIsOpenedByItsPassphrase() {
    server.allow(new SshKeyPair("", "", "SHA256:uaQpN6NeaQim8OrfEYb+AEAWW1eWJxoprK9jtKVARF8"));
    try (var login = direct.open(with(new SshCredential.Key("mine", ENCRYPTED, "geheim")))) {
      assertThat(login.exec("echo in", new byte[0], Duration.ofSeconds(10)).out()).isEqualTo("in\n");
    }
  }

  @Test
  void generatedKeysAreAllDifferentAndSayNothingSecret() {
    var one = SshKeys.generate("a");
    var two = SshKeys.generate("a");
    assertThat(one.publicKey()).isNotEqualTo(two.publicKey()).startsWith("ssh-ed25519 AAAA").endsWith(" a");
    assertThat(one.fingerprint()).startsWith("SHA256:").hasSize(50);
    assertThat(one.toString()).doesNotContain("PRIVATE");
    assertThat(new SshCredential.Key("id", one.privateKey(), "pass").toString()).isEqualTo("Key[id]");
    assertThat(new SshCredential.Password("pass").toString()).doesNotContain("pass\"");
    assertThat(server.target(KEY).toString()).doesNotContain("PRIVATE");
  }

  @Test
  void aSilentCommandIsStoppedAtItsLimit() {
    try (var login = direct.open(with(new SshCredential.Key("panel", KEY.privateKey(), null)))) {
      assertThatThrownBy(() -> login.exec("sleep 30", new byte[0], Duration.ofMillis(300)))
          .isInstanceOf(CommandTimedOut.class);
    }
  }
}
