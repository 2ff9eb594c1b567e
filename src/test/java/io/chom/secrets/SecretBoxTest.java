package io.chom.secrets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretBoxTest {
  private final SecretBox box = boxUnder((byte) 7);

  @Test
  void opensWhatItSealedForTheSamePlace() {
    assertThat(box.open(box.seal("geheim ✓", "server:1"), "server:1")).isEqualTo("geheim ✓");
  }

  @Test
  void sealsTheSameTextDifferentlyEachTime() {
    assertThat(box.seal("geheim", "server:1")).isNotEqualTo(box.seal("geheim", "server:1"));
  }

  @Test
  void refusesASecretCopiedToAnotherPlace() {
    String sealed = box.seal("geheim", "server:1");
    assertThatThrownBy(() -> box.open(sealed, "server:2")).isInstanceOf(SecretUnreadable.class);
  }

  @Test
  void refusesAChangedSecret() {
    String sealed = box.seal("geheim", "server:1");
    char last = sealed.charAt(sealed.length() - 5);
    String changed = sealed.substring(0, sealed.length() - 5) + (last == 'A' ? 'B' : 'A')
        + sealed.substring(sealed.length() - 4);
    assertThatThrownBy(() -> box.open(changed, "server:1")).isInstanceOf(SecretUnreadable.class);
  }

  @Test
  void namesTheOtherMasterKey() {
    String sealed = boxUnder((byte) 8).seal("geheim", "server:1");
    assertThatThrownBy(() -> box.open(sealed, "server:1")).hasMessageContaining("CHOM_MASTER_KEY")
        .hasMessageContaining(box.keyId());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "not base64 !", "c2hvcnQ="})
  void saysWhatAMasterKeyMustBe(String key) {
    assertThatThrownBy(() -> new SecretBox(new SecretsProperties(key))).hasMessageContaining("CHOM_MASTER_KEY")
        .hasMessageContaining("openssl rand -base64 32");
  }

  @Test
  void neverPrintsTheMasterKey() {
    assertThat(new SecretsProperties("c2VjcmV0").toString()).doesNotContain("c2VjcmV0");
  }

  private static SecretBox boxUnder(byte fill) {
    byte[] key = new byte[32];
    java.util.Arrays.fill(key, fill);
    return new SecretBox(new SecretsProperties(Base64.getEncoder().encodeToString(key)));
  }
}
