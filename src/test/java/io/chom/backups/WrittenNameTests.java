package io.chom.backups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.backups.BackupRefused.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names that whoever has a site in hand may have chosen. */
class WrittenNameTests {
  @ParameterizedTest
  @CsvSource({"index.php,index.php", "%C3%BCn%C3%AF,ünï", "per%25cent,per%cent", "a b,a b"})
  void isShownAsAPersonKnowsIt(String written, String shown) {
    assertThat(WrittenName.shown(written)).isEqualTo(shown);
  }

  @ParameterizedTest
  @ValueSource(strings = {"new%0Aline", "not%FFutf8", "turned%E2%80%AEgpj.exe", "cut%C3", "half%", "half%4", "%zz",
      "bell%07", "%E2%80%A8"})
  void isShownAsItIsWrittenWhereItCouldDeceive(String written) {
    assertThat(WrittenName.shown(written)).isEqualTo(written);
  }

  @ParameterizedTest
  @ValueSource(strings = {"..", "a/../b", "./a", "a//b", "/etc/passwd", "a/", "", "%2E%2E/x", "a%2Fb", "%00", "a\nb",
      "ü",
      "a%0a"})
  void aPathThatCouldLeadAwayIsRefused(String path) {
    assertThatThrownBy(() -> RestoreScope.requirePath(path)).isInstanceOf(BackupRefused.class)
        .extracting("reason").isEqualTo(Reason.NAME_NOT_WRITTEN_SO);
  }

  @Test
  void anyOtherPathIsTaken() {
    for (var path : new String[]{"shared", "shared/..a/b..", "-rf", "a b/%0A%FF", "...", "x/$(touch y)/'\"<>&", "a%25b",
        "a".repeat(4_096), "%FF".repeat(1_365)}) {
      assertThatCode(() -> RestoreScope.requirePath(path)).as(path).doesNotThrowAnyException();
    }
  }
}
