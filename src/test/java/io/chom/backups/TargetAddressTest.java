package io.chom.backups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.backups.TargetRefused.Reason;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What people type as the place of their backups, friendly and hostile. */
class TargetAddressTest {
  @ParameterizedTest
  @CsvSource({"SFTP,sftp://u1@box.example/backups,sftp://u1@box.example/backups,box.example",
      "SFTP,sftp://U1@BOX.example:2222/Back/ups/,sftp://U1@box.example:2222/Back/ups,box.example",
      "SFTP,sftp://u1@box.example//srv/b,sftp://u1@box.example//srv/b,box.example",
      "SFTP,sftp://u1@[2001:DB8::1]:22/b,sftp://u1@[2001:db8::1]:22/b,2001:db8::1",
      "S3,https://S3.example/bucket,s3:https://s3.example/bucket,s3.example",
      "S3,s3:https://s3.example:9000/bucket/Pre/fix,s3:https://s3.example:9000/bucket/Pre/fix,s3.example",
      "REST,https://rest.example:8000/,rest:https://rest.example:8000,rest.example",
      "REST,http://192.0.2.1:8000/a.b/c-d,rest:http://192.0.2.1:8000/a.b/c-d,192.0.2.1",
      "LOCAL,/mnt/backup,/mnt/backup,''"})
  void placesAreReadAsTheirKindHasThem(TargetKind kind, String typed, String location, String host) {
    var address = TargetAddress.parse(kind, typed);
    assertThat(address.location()).isEqualTo(location);
    assertThat(address.host()).isEqualTo(host);
    assertThat(address.encrypted()).isEqualTo(!typed.startsWith("http:"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "sftp://", "sftp://box.example/b", "sftp://u@box.example", "sftp://u@box.example/",
      "sftp://u@box.example/a/../b", "sftp://u@box.example/..", "sftp://u@box.example/./a", "sftp://u@-box.example/b",
      "sftp://-oProxyCommand=x@box.example/b", "sftp://u@box.example/a b", "sftp://u@box.example/a;b",
      "sftp://u@box.example/a$(id)", "sftp://u@box.example/a\nb", "sftp://u@box\t.example/b",
      "sftp://u@box.example///b", "sftp://u@box.example//",
      "sftp://u@box.example/a//b", "sftp://u@box.example//a/../b",
      "sftp://u u@box.example/b", "ssh://u@box.example/b", "sftp://u@box.example/b?x=1", "sftp://u@box.example/b#x",
      "sftp://u@box_example/b", "sftp://u@[::1/b", "sftp://u@[fe80::1%eth0]/b", "rest:https://box.example/b",
      "sftp://u@box.example\u0000/b", "sftp://u@b\u00f6x.example/b", "sftp://u@box.example/%2e%2e/b"})
  void whatIsNoPlaceOfSftpIsRefused(String typed) {
    refused(TargetKind.SFTP, typed, Reason.TARGET_LOCATION_INVALID);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "https://", "https:///bucket", "https://s3.example", "https://s3.example/",
      "https://s3.example/B", "https://s3.example/bucket/../other", "https://s3.example/bucket/..",
      "ftp://s3.example/bucket", "https://s3.example/bucket?acl", "https://s3.example/bucket#x",
      "https://s3.example/bu cket", "s3:s3:https://s3.example/bucket",
      "file:///etc/passwd", "gopher://127.0.0.1:6379/x", "https://s3.example/bucket\r\nHost: x"})
  void whatIsNoBucketIsRefused(String typed) {
    refused(TargetKind.S3, typed, Reason.TARGET_LOCATION_INVALID);
  }

  @ParameterizedTest
  @ValueSource(strings = {"https://user@rest.example/x", "https://user:password@rest.example/x",
      "http://rest.example@127.0.0.1/x", "https://rest.example\\@evil.example/x"})
  void aLoginInAnAddressIsRefusedBecauseItWouldBeShown(String typed) {
    refused(TargetKind.REST, typed, Reason.TARGET_LOCATION_WITH_LOGIN);
  }

  @ParameterizedTest
  @ValueSource(strings = {"https://rest.example:0/x", "https://rest.example:65536/x", "https://rest.example:99999999/x",
      "https://rest.example:-1/x", "https://rest.example:/x", "https://rest.example:80a/x"})
  void aPortIsAPort(String typed) {
    refused(TargetKind.REST, typed, Reason.TARGET_PORT_INVALID);
    refused(TargetKind.SFTP, typed.replace("https://", "sftp://u@"), Reason.TARGET_PORT_INVALID);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/", "mnt", "/mnt/../etc", "/mnt/.", "/mnt//x", "/mnt/a b", "/mnt/x/"})
  void whatIsNoDirectoryIsRefused(String typed) {
    refused(TargetKind.LOCAL, typed, Reason.TARGET_LOCATION_INVALID);
  }

  private static void refused(TargetKind kind, String typed, Reason reason) {
    assertThatThrownBy(() -> TargetAddress.parse(kind, typed)).as(typed).isInstanceOfSatisfying(TargetRefused.class,
        e -> assertThat(e.reason()).isEqualTo(reason));
  }
}
