package io.chom.ssh;

import java.time.Duration;

/** Fresh logins for enrolment. */
final class DirectLogins implements SshDirect {
  private final SshLibrary library;
  private final SshProperties properties;

  DirectLogins(SshLibrary library, SshProperties properties) {
    this.library = library;
    this.properties = properties;
  }

  @Override
  public HostKey scan(String host, int port, Duration limit) {
    return library.scan(host, port, Deadline.in(limit));
  }

  @Override
  public SshLogin open(SshTarget target) {
    var link = library.connect(target);
    return new SshLogin() {
      @Override
      public ExecResult exec(String command, byte[] stdin, Duration limit) {
        var deadline = Deadline.in(limit);
        var channel = link.open();
        try {
          channel.awaitOpen(deadline.atMost(properties.openTimeout()));
          return new Run(target.label(), properties).on(channel, command, stdin, deadline, () -> {});
        } catch (ChannelRefused e) {
          throw new PoolExhausted(target.label(), false, String.valueOf(e.getMessage()), e);
        } finally {
          if (!channel.ended()) {
            Thread.startVirtualThread(channel::abandon);
          }
        }
      }

      @Override
      public void close() {
        link.close();
      }
    };
  }
}
