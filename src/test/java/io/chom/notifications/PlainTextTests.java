package io.chom.notifications;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What servers and customers write is one line, of bounded length, and tells no secret. */
class PlainTextTests {
  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {"sftp://ada:pa55@box.example/x refused | sftp://***@box.example/x refused",
      "S3 said no: secret_access_key=abc/DEF+1 (403) | S3 said no: secret_access_key=*** (403)",
      "mysqldump --password=hunter2 failed | mysqldump --password=*** failed",
      "Authorization: Bearer eyJhbGciOi.x.y | Authorization: ***", "The disk is full | The disk is full"})
  void hidesWhatOpensSomething(String written, String told) {
    assertThat(PlainText.line(written, 500)).isEqualTo(told);
  }

  @Test
  void isOneLineThatReadsAsItIsWritten() {
    assertThat(PlainText.line("a\r\nBcc: b\u0000\u2028c \u202eexe.fdp", 500)).isEqualTo("a Bcc: b c exe.fdp");
    assertThat(PlainText.line("x".repeat(900), 500)).hasSize(500).endsWith("…");
  }
}
