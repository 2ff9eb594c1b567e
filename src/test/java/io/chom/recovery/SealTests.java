package io.chom.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.recovery.RecoveryRefused.Reason;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Random;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A sealed stream is what was written, whole and in its order, or nothing. */
class SealTests {
  private static final SecretKey KEY = key(1);

  private static SecretKey key(int first) {
    byte[] bytes = new byte[32];
    bytes[0] = (byte) first;
    return new SecretKeySpec(bytes, "AES");
  }

  private static byte[] text(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  private static byte[] sealed(byte[] plain) throws IOException {
    var out = new ByteArrayOutputStream();
    var sealing = new SealedOutput(out, KEY);
    sealing.write(plain);
    sealing.finish();
    return out.toByteArray();
  }

  private static byte[] opened(byte[] sealed, SecretKey key) throws IOException {
    return new SealedInput(new ByteArrayInputStream(sealed), key).readAllBytes();
  }

  private static void refused(byte[] sealed, Reason reason) {
    assertThatThrownBy(() -> opened(sealed, KEY)).isInstanceOfSatisfying(RecoveryRefused.class,
        refused -> assertThat(refused.reason()).isEqualTo(reason));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, Pieces.PLAIN - 1, Pieces.PLAIN, Pieces.PLAIN + 1, 3 * Pieces.PLAIN, 200_000})
  void whatWasSealedComesOutAgain(int length) throws IOException {
    assertThat(opened(sealed(text(length)), KEY)).isEqualTo(text(length));
  }

  @Test
  void anotherKeyOpensNothing() throws IOException {
    var sealed = sealed(text(100));
    assertThatThrownBy(() -> opened(sealed, key(2))).isInstanceOf(RecoveryRefused.class);
  }

  @Test
  void aFlippedBitIsNoticedWhereverItIs() throws IOException {
    byte[] sealed = sealed(text(3 * Pieces.PLAIN + 100));
    for (int at = 0; at < sealed.length; at += 9_973) {
      byte[] changed = sealed.clone();
      changed[at] ^= 1;
      refused(changed, Reason.DAMAGED);
    }
  }

  @Test
  void piecesInAnotherOrderAreNoticed() throws IOException {
    byte[] sealed = sealed(text(4 * Pieces.PLAIN));
    byte[] mixed = sealed.clone();
    System.arraycopy(sealed, 0, mixed, Pieces.SEALED, Pieces.SEALED);
    System.arraycopy(sealed, Pieces.SEALED, mixed, 0, Pieces.SEALED);
    refused(mixed, Reason.DAMAGED);
    byte[] doubled = sealed.clone();
    System.arraycopy(sealed, 0, doubled, Pieces.SEALED, Pieces.SEALED);
    refused(doubled, Reason.DAMAGED);
  }

  @Test
  void anEndThatIsMissingIsNoticedAtEveryLength() throws IOException {
    byte[] sealed = sealed(text(3 * Pieces.PLAIN));
    refused(Arrays.copyOf(sealed, 2 * Pieces.SEALED), Reason.CUT_OFF);
    refused(Arrays.copyOf(sealed, 2 * Pieces.SEALED + 3), Reason.CUT_OFF);
    refused(Arrays.copyOf(sealed, 2 * Pieces.SEALED + 500), Reason.DAMAGED);
    refused(Arrays.copyOf(sealed, sealed.length - 1), Reason.DAMAGED);
    refused(new byte[0], Reason.CUT_OFF);
  }

  @Test
  void whatWasAddedBehindTheEndIsNoticed() throws IOException {
    byte[] sealed = sealed(text(Pieces.PLAIN));
    refused(Arrays.copyOf(sealed, sealed.length + 1), Reason.DAMAGED);
  }

  private static byte[] header(String passphrase) throws IOException {
    var out = new ByteArrayOutputStream();
    new BackupHeader("1.0", Instant.parse("2026-11-25T02:30:00Z"), "0024", "18.6").write(out, new Opener(passphrase));
    return out.toByteArray();
  }

  @Test
  void theFirstLinesCanBeReadByAnybodyAndChangedByNobody() throws IOException {
    byte[] lines = header("a long passphrase");
    assertThat(new String(lines, StandardCharsets.UTF_8))
        .startsWith("CHOM panel backup 1\n{\"made\":\"2026-11-25T02:30")
        .contains("\"schema\":\"0024\"").doesNotContain("a long passphrase");
    var changed = new String(lines, StandardCharsets.UTF_8).replace("0024", "0025").getBytes(StandardCharsets.UTF_8);
    var read = BackupHeader.read(new ByteArrayInputStream(changed));
    assertThatThrownBy(() -> read.open(new Opener("a long passphrase"))).isInstanceOfSatisfying(RecoveryRefused.class,
        refused -> assertThat(refused.reason()).isEqualTo(Reason.PASSPHRASE_WRONG));
    assertThat(BackupHeader.read(new ByteArrayInputStream(lines)).open(new Opener("a long passphrase"))).isNotNull();
  }

  @Test
  void noTwoFilesShareAKey() throws IOException {
    var one = BackupHeader.read(new ByteArrayInputStream(header("a long passphrase")))
        .open(new Opener("a long passphrase"));
    var two = BackupHeader.read(new ByteArrayInputStream(header("a long passphrase")))
        .open(new Opener("a long passphrase"));
    assertThat(one.getEncoded()).isNotEqualTo(two.getEncoded());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "hello", "CHOM panel backup 2\n{}\nx\n", "CHOM panel backup 1\n",
      "CHOM panel backup 1\n{}\nx\n",
      "CHOM panel backup 1\nnot json\nx\n"})
  void whatIsNoBackupIsCalledSo(String text) {
    assertThatThrownBy(() -> BackupHeader.read(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8))))
        .isInstanceOf(RecoveryRefused.class);
  }

  @Test
  void aFileFromElsewhereCannotHaveThisMachineWorkForAnHour() throws IOException {
    var greedy = new String(header("a long passphrase"), StandardCharsets.UTF_8).replace("\"memory_kib\":65536",
        "\"memory_kib\":2000000000");
    assertThatThrownBy(() -> BackupHeader.read(new ByteArrayInputStream(greedy.getBytes(StandardCharsets.UTF_8))))
        .isInstanceOf(RecoveryRefused.class);
  }
}
