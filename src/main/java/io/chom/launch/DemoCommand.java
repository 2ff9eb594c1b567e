package io.chom.launch;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Objects;
import org.apache.sshd.server.Environment;
import org.apache.sshd.server.ExitCallback;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.command.Command;
import org.jspecify.annotations.Nullable;

/** One command of an SSH channel, as a process: bytes in, bytes out, and its exit code when both outputs are over. */
final class DemoCommand implements Command {
  private final ProcessBuilder builder;
  private @Nullable InputStream in;
  private @Nullable OutputStream out;
  private @Nullable OutputStream err;
  private @Nullable ExitCallback exit;
  private volatile @Nullable Process process;

  DemoCommand(ProcessBuilder builder) {
    this.builder = builder;
  }

  @Override
  public void setInputStream(InputStream in) { this.in = in; }

  @Override
  public void setOutputStream(OutputStream out) { this.out = out; }

  @Override
  public void setErrorStream(OutputStream err) { this.err = err; }

  @Override
  public void setExitCallback(ExitCallback callback) { this.exit = callback; }

  @Override
  public void start(ChannelSession channel, Environment environment) throws IOException {
    Process started = builder.start();
    process = started;
    Thread.ofVirtual().name("demo-in").start(() -> pass(Objects.requireNonNull(in), started.getOutputStream(), true));
    var outputs = List.of(
        Thread.ofVirtual().name("demo-out")
            .start(() -> pass(started.getInputStream(), Objects.requireNonNull(out), false)),
        Thread.ofVirtual().name("demo-err")
            .start(() -> pass(started.getErrorStream(), Objects.requireNonNull(err), false)));
    Thread.ofVirtual().name("demo-exit").start(() -> finish(started, outputs));
  }

  private void finish(Process started, List<Thread> outputs) {
    try {
      for (Thread output : outputs) {
        output.join();
      }
      Objects.requireNonNull(exit).onExit(started.waitFor());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private static void pass(InputStream from, OutputStream to, boolean close) {
    byte[] buffer = new byte[32_768];
    try {
      for (int length = from.read(buffer); length >= 0; length = from.read(buffer)) {
        to.write(buffer, 0, length);
        to.flush();
      }
    } catch (IOException _) {
      // one side hung up: the other will notice by the end of its stream
    }
    if (close) {
      quietly(to);
    }
  }

  /** The channel is gone. Like under any sshd the program learns it by the end of its input, and may finish its work. */
  @Override
  public void destroy(ChannelSession channel) {
    Process started = process;
    if (started != null) {
      quietly(started.getOutputStream());
      quietly(started.getInputStream());
      quietly(started.getErrorStream());
    }
  }

  private static void quietly(AutoCloseable stream) {
    try {
      stream.close();
    } catch (Exception _) {
      // it is over either way
    }
  }
}
