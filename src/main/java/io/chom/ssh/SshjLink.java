package io.chom.ssh;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import net.schmizz.sshj.SSHClient;
import net.schmizz.sshj.transport.TransportException;

/** A connection by sshj. */
final class SshjLink implements Link {
  private static final Duration GOODBYE = Duration.ofSeconds(2);

  private final String login;
  private final SSHClient client;
  private final WatchedSocket socket;
  private final Watch watch;
  private final List<Consumer<String>> listeners = new ArrayList<>();
  private volatile boolean ended;
  private volatile String reason = "the connection ended";

  SshjLink(String login, SSHClient client, WatchedSocket socket, Watch watch) {
    this.login = login;
    this.client = client;
    this.socket = socket;
    this.watch = watch;
    client.getTransport().setDisconnectListener((why, message) -> end(message == null ? why.toString() : message));
  }

  @Override
  public boolean isOpen() { return !ended && client.isConnected() && client.isAuthenticated(); }

  @Override
  public long silence() {
    return socket.silence();
  }

  @Override
  public long stuck() {
    return socket.stuck();
  }

  @Override
  public void onEnd(Consumer<String> listener) {
    synchronized (listeners) {
      if (!ended) {
        listeners.add(listener);
        return;
      }
    }
    listener.accept(reason);
  }

  @Override
  public Channel open() {
    var channel = new SshjChannel(login, client.getConnection(), this::reason);
    try {
      channel.ask();
      return channel;
    } catch (TransportException e) {
      throw new ConnectionLost(login, true, "it ended before the command was sent", e);
    }
  }

  @Override
  public void kill(String why) {
    reason = why;
    // the raw socket first: everything of sshj's own may be waiting behind a stuck writer
    try {
      socket.close();
    } catch (IOException e) {
      // it is closed then
    }
    end(why);
    Thread.startVirtualThread(this::disconnect);
  }

  @Override
  public void close() {
    var late = watch.after(GOODBYE, () -> kill("it did not close in time"));
    Thread.startVirtualThread(() -> {
      disconnect();
      late.cancel(false);
    });
  }

  private void disconnect() {
    try {
      client.disconnect();
    } catch (IOException e) {
      // it is gone either way
    }
    end("it was closed");
  }

  private String reason() {
    return reason;
  }

  private void end(String why) {
    List<Consumer<String>> told;
    synchronized (listeners) {
      if (ended) {
        return;
      }
      ended = true;
      reason = why.isBlank() ? reason : why;
      told = List.copyOf(listeners);
      listeners.clear();
    }
    // sshj calls this while it tears the connection down under its own locks
    Thread.startVirtualThread(() -> told.forEach(listener -> listener.accept(reason)));
  }
}
