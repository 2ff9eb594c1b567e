package io.chom.recovery;

import io.chom.recovery.RecoveryRefused.Reason;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/** The named parts of a copy, one behind the other, each of any length and not known before it ends. */
final class Parts {
  private static final int BLOCK = 32 * 1024;

  private Parts() {}

  /** Writes parts. A part's stream must be closed before the next one begins. */
  static final class Writer {
    private final DataOutputStream out;

    Writer(OutputStream out) {
      this.out = new DataOutputStream(out);
    }

    OutputStream begin(String name) throws IOException {
      out.writeUTF(name);
      return new Body(out);
    }

    void write(String name, byte[] content) throws IOException {
      try (var body = begin(name)) {
        body.write(content);
      }
    }
  }

  private static final class Body extends OutputStream {
    private final DataOutputStream out;
    private final byte[] block = new byte[BLOCK];
    private int filled;

    Body(DataOutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int one) throws IOException {
      write(new byte[]{(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      int at = from;
      while (at < from + length) {
        int some = Math.min(from + length - at, block.length - filled);
        System.arraycopy(bytes, at, block, filled, some);
        filled += some;
        at += some;
        if (filled == block.length) {
          send();
        }
      }
    }

    private void send() throws IOException {
      out.writeShort(filled);
      out.write(block, 0, filled);
      filled = 0;
    }

    @Override
    public void close() throws IOException {
      if (filled > 0) {
        send();
      }
      out.writeShort(0);
    }
  }

  /** One part as it is read. */
  record Part(String name, InputStream content) {}

  /** Reads parts in their order; what was left of one is passed over. */
  static final class Reader {
    private final DataInputStream in;
    private @Nullable Content open;

    Reader(InputStream in) {
      this.in = new DataInputStream(in);
    }

    Part next() throws IOException {
      if (open != null) {
        open.transferTo(OutputStream.nullOutputStream());
      }
      var content = new Content(in);
      var part = new Part(in.readUTF(), content);
      open = content;
      return part;
    }

    /** The next part, which must be this one, as a whole. */
    byte[] read(String name) throws IOException {
      var part = next();
      if (!part.name().equals(name)) {
        throw new RecoveryRefused(Reason.DAMAGED, "The file holds " + part.name() + " where " + name + " should be");
      }
      return part.content().readAllBytes();
    }
  }

  private static final class Content extends InputStream {
    private final DataInputStream in;
    private int left;
    private boolean ended;

    Content(DataInputStream in) {
      this.in = in;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (left == 0 && !ended) {
        left = in.readUnsignedShort();
        ended = left == 0;
      }
      if (ended) {
        return -1;
      }
      int some = in.read(into, from, Math.min(length, left));
      if (some < 0) {
        throw new java.io.EOFException("a part ends within a block");
      }
      left -= some;
      return some;
    }
  }
}
