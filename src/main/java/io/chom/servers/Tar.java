package io.chom.servers;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Writes the few things of the ustar format that a bundle needs: files of root without a date. */
final class Tar implements AutoCloseable {
  private static final int BLOCK = 512;
  private static final int LONGEST_PATH = 100;
  private final OutputStream out;

  Tar(OutputStream out) {
    this.out = out;
  }

  void file(String path, int mode, byte[] content) throws IOException {
    if (path.length() > LONGEST_PATH) {
      throw new IllegalArgumentException(path + " is longer than " + LONGEST_PATH + " characters");
    }
    var header = new byte[BLOCK];
    put(header, 0, path);
    put(header, 100, octal(mode, 7));
    put(header, 108, octal(0, 7));
    put(header, 116, octal(0, 7));
    put(header, 124, octal(content.length, 11));
    put(header, 136, octal(0, 11));
    put(header, 148, "        ");
    header[156] = '0';
    put(header, 257, "ustar");
    put(header, 263, "00");
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xff;
    }
    put(header, 148, octal(sum, 6) + "\0");
    out.write(header);
    out.write(content);
    out.write(new byte[(BLOCK - content.length % BLOCK) % BLOCK]);
  }

  @Override
  public void close() throws IOException {
    out.write(new byte[2 * BLOCK]);
  }

  private static String octal(int number, int digits) {
    return String.format(Locale.ROOT, "%0" + digits + "o", number);
  }

  private static void put(byte[] header, int at, String text) {
    var bytes = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, header, at, bytes.length);
  }
}
