package io.chom.backups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.chom.servers.ServerDownload;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Whoever takes a backup slowly: told no to as soon as everybody else, and not served for ever. */
class BackupDownloadTests {
  private static final int PIECE = 8 * 1024;
  private final ServerDownload server = mock();
  private final AtomicLong now = new AtomicLong();
  private final AtomicLong taken = new AtomicLong();
  private final List<String> book = new ArrayList<>();
  private long allowedUpTo = Long.MAX_VALUE;

  @Test
  void aReaderWhoTricklesIsCutOffOnceItMayNotGoOn() {
    allowedUpTo = 3 * PIECE;
    assertThatThrownBy(() -> download(Duration.ofSeconds(6), 1000)).isInstanceOf(DownloadCutOff.class);
    assertThat(taken.get()).as("after the next piece").isLessThanOrEqualTo(4 * PIECE);
    assertThat(book).containsExactly("broken");
  }

  @Test
  void aReaderWhoTakesNextToNothingIsCutOffThoughAllowed() {
    assertThatThrownBy(() -> download(Duration.ofSeconds(20), 1000)).isInstanceOf(DownloadCutOff.class);
    assertThat(Duration.ofNanos(now.get())).isLessThan(Duration.ofMinutes(2));
  }

  @Test
  void aSlowLineIsServedToTheEnd() throws Exception {
    download(Duration.ofSeconds(4), 200);
    assertThat(taken.get()).isEqualTo(200L * PIECE);
    assertThat(book).containsExactly("whole");
  }

  /** @param each how long each write takes; @param pieces how many the server has */
  private void download(Duration each, int pieces) throws Exception {
    var left = new AtomicLong(pieces);
    when(server.first()).thenReturn(new byte[0]);
    when(server.read(any())).thenAnswer(call -> left.getAndDecrement() > 0
        ? Math.min(PIECE, call.<byte[]>getArgument(0).length)
        : -1);
    var watch = new BackupDownload.Watch() {
      @Override
      public boolean goesOn(long bytes) {
        return bytes <= allowedUpTo;
      }

      @Override
      public void ended(boolean whole, long bytes) {
        book.add(whole ? "whole" : "broken");
      }
    };
    var slow = new OutputStream() {
      @Override
      public void write(int one) {
        throw new IllegalStateException("one by one");
      }

      @Override
      public void write(byte[] from, int offset, int length) {
        taken.addAndGet(length);
        if (length > 0) {
          now.addAndGet(each.toNanos());
        }
      }
    };
    try (var download = new BackupDownload(mock(BackupView.class), mock(DownloadWish.class), server, watch)
        .timedBy(now::get)) {
      download.copyTo(slow);
    }
  }
}
