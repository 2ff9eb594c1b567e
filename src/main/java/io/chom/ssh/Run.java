package io.chom.ssh;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Runs one command on an open channel to its end. */
final class Run {
  private static final int BIG = 64 * 1024;

  private final String login;
  private final SshProperties properties;

  Run(String login, SshProperties properties) {
    this.login = login;
    this.properties = properties;
  }

  /** @param sent runs once the command is on its way, while the server works */
  ExecResult on(Channel channel, String command, byte @Nullable [] stdin, Deadline deadline, Runnable sent) {
    channel.keep(properties.maxStdout(), properties.maxStderr());
    channel.start(command);
    sent.run();
    channel.awaitStart(deadline.atMost(properties.openTimeout()));
    feed(channel, stdin);
    if (!channel.awaitEnd(deadline)) {
      throw Thread.currentThread().isInterrupted()
          ? new ConnectionLost(login, false, "whoever waited for the command was interrupted", null)
          : new CommandTimedOut(login, deadline.limit());
    }
    var exit = channel.exitCode();
    if (exit == null) {
      throw new ConnectionLost(login, false, channel.lostBecause(), null);
    }
    return new ExecResult(exit, channel.stdout(), channel.stderr(), channel.truncated());
  }

  private static void feed(Channel channel, byte @Nullable [] stdin) {
    if (stdin != null && stdin.length > BIG) {
      // a command may answer before it has read all; whoever waits for its answer must not be the one who writes
      Thread.startVirtualThread(() -> write(channel, stdin));
    } else {
      write(channel, stdin);
    }
  }

  private static void write(Channel channel, byte @Nullable [] stdin) {
    try {
      if (stdin != null && stdin.length > 0) {
        channel.write(stdin);
      }
      channel.endInput();
    } catch (IOException e) {
      // a command may end without reading its input; if it is the link that broke, waiting for the end tells
    }
  }

  static Duration orElse(@Nullable Duration limit, Duration otherwise) {
    return limit == null ? otherwise : limit;
  }
}
