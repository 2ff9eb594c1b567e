package io.chom.ssh;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;

/**
 * A socket that knows when it last heard something and how long a writer has been stuck. Both are read without asking the
 * other side.
 */
final class WatchedSocket extends Socket {
  private volatile long heard = System.nanoTime();
  private volatile long writingSince;

  WatchedSocket() throws SocketException {
    // without it every second small packet waits 40 ms for the other side's delayed acknowledgement
    setTcpNoDelay(true);
    setKeepAlive(true);
  }

  long silence() {
    return System.nanoTime() - heard;
  }

  long stuck() {
    var since = writingSince;
    return since == 0 ? 0 : System.nanoTime() - since;
  }

  @Override
  public InputStream getInputStream() throws IOException {
    return new FilterInputStream(super.getInputStream()) {
      @Override
      public int read(byte[] bytes, int from, int length) throws IOException {
        var read = super.read(bytes, from, length);
        heard = System.nanoTime();
        return read;
      }

      @Override
      public int read() throws IOException {
        var read = super.read();
        heard = System.nanoTime();
        return read;
      }
    };
  }

  @Override
  public OutputStream getOutputStream() throws IOException {
    return new FilterOutputStream(super.getOutputStream()) {
      @Override
      public void write(byte[] bytes, int from, int length) throws IOException {
        // sshj writes under one lock, so one field is enough; 0 means nobody
        writingSince = System.nanoTime() | 1;
        try {
          out.write(bytes, from, length);
        } finally {
          writingSince = 0;
        }
      }
    };
  }
}
