package io.chom.ssh;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import net.schmizz.concurrent.Event;
import net.schmizz.sshj.common.Buffer;
import net.schmizz.sshj.common.DisconnectReason;
import net.schmizz.sshj.common.Message;
import net.schmizz.sshj.common.SSHException;
import net.schmizz.sshj.common.SSHPacket;
import net.schmizz.sshj.connection.Connection;
import net.schmizz.sshj.connection.ConnectionException;
import net.schmizz.sshj.connection.channel.ChannelInputStream;
import net.schmizz.sshj.connection.channel.OpenFailException;
import net.schmizz.sshj.connection.channel.direct.SessionChannel;
import net.schmizz.sshj.connection.channel.direct.Signal;
import net.schmizz.sshj.transport.TransportException;
import org.jspecify.annotations.Nullable;

/**
 * A session that takes bytes where sshj receives them. So every wait has a limit (sshj's streams have none), stderr needs
 * no thread of its own, and opening can be asked for ahead.
 */
final class SshjChannel extends SessionChannel implements Channel {
  private static final Duration GRACE = Duration.ofSeconds(1);
  private static final int DIAGNOSTICS = 4096;
  /** So much is read before the server hears of it: small enough that a slow reader keeps it sending. */
  private static final int STEP = 128 * 1024;

  private final String login;
  private final Supplier<String> linkEnd;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Kept out = new Kept(0);
  private final Kept err = new Kept(DIAGNOSTICS);
  private volatile @Nullable Sink sink;
  private volatile boolean outputEnded;
  private volatile boolean ended;
  private volatile @Nullable SSHException failure;
  private @Nullable Event<ConnectionException> accepted;
  private final Deque<byte[]> arrived = new ArrayDeque<>();
  private int readOfFirst;
  private long owed;
  private volatile boolean pulled;

  SshjChannel(String login, Connection connection, Supplier<String> linkEnd) {
    super(connection, StandardCharsets.UTF_8);
    this.login = login;
    this.linkEnd = linkEnd;
  }

  void ask() throws TransportException {
    trans.write(buildOpenReq());
  }

  @Override
  public void awaitOpen(Duration limit) {
    try {
      openEvent.await(limit.toMillis() + 1, TimeUnit.MILLISECONDS);
    } catch (OpenFailException e) {
      throw new ChannelRefused(login + " opens no further session: " + e.getMessage());
    } catch (ConnectionException e) {
      throw lost(true, e, "no channel was opened within " + limit.toMillis() + " ms");
    }
  }

  @Override
  public void keep(int stdout, int stderr) {
    out.limit(stdout);
    err.limit(stderr);
    sink = out::add;
  }

  @Override
  public void hand(Sink taker) {
    sink = taker;
  }

  @Override
  public void pull(int stderr) {
    err.limit(stderr);
    pulled = true;
    sink = (bytes, from, length) -> {
      lock.lock();
      try {
        arrived.add(Arrays.copyOfRange(bytes, from, from + length));
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    };
  }

  @Override
  public int read(byte[] into, Deadline deadline) {
    int read = take(into, deadline);
    if (read > 0) {
      allow(read);
    }
    return read;
  }

  private int take(byte[] into, Deadline deadline) {
    lock.lock();
    try {
      while (arrived.isEmpty()) {
        if (ended || outputEnded) {
          return -1;
        }
        if (changed.awaitNanos(deadline.left()) <= 0 && arrived.isEmpty() && !ended && !outputEnded) {
          return 0;
        }
      }
      var first = arrived.getFirst();
      int read = Math.min(into.length, first.length - readOfFirst);
      System.arraycopy(first, readOfFirst, into, 0, read);
      readOfFirst += read;
      if (readOfFirst == first.length) {
        arrived.removeFirst();
        readOfFirst = 0;
      }
      return read;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 0;
    } finally {
      lock.unlock();
    }
  }

  private void allow(int read) {
    owed += read;
    if (owed >= STEP && pulled && !ended) {
      widen(owed);
      owed = 0;
    }
  }

  @Override
  public void discard() {
    lock.lock();
    try {
      sink = (bytes, from, length) -> {};
      arrived.clear();
      readOfFirst = 0;
      pulled = false;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void start(String command) {
    try {
      accepted = sendChannelRequest("exec", true,
          new Buffer.PlainBuffer().putString(command, StandardCharsets.UTF_8));
    } catch (TransportException e) {
      throw lost(false, e, "the command could not be written");
    }
  }

  @Override
  public void awaitStart(Duration limit) {
    var event = accepted;
    if (event == null) {
      throw new IllegalStateException("Nothing was started");
    }
    try {
      event.await(limit.toMillis() + 1, TimeUnit.MILLISECONDS);
    } catch (ConnectionException e) {
      // an explicit refusal proves that nothing runs
      throw lost(!ended && !Reasons.isTimeout(e), e, "the command was not accepted within " + limit.toMillis() + " ms");
    }
  }

  private ConnectionLost lost(boolean nothingRan, SSHException e, String late) {
    if (e.getCause() instanceof InterruptedException) {
      Thread.currentThread().interrupt();
    }
    var why = Reasons.isTimeout(e) ? late : ended ? lostBecause() : String.valueOf(e.getMessage());
    return new ConnectionLost(login, nothingRan, why, e);
  }

  @Override
  public void write(byte[] bytes) throws IOException {
    var stdin = getOutputStream();
    stdin.write(bytes);
    stdin.flush();
  }

  @Override
  public void endInput() throws IOException {
    getOutputStream().close();
  }

  @Override
  public boolean awaitEnd(Deadline deadline) {
    return await(() -> ended, deadline);
  }

  @Override
  public boolean awaitOutputEnd(Deadline deadline) {
    return await(() -> ended || outputEnded, deadline);
  }

  private boolean await(BooleanSupplier over, Deadline deadline) {
    while (!over.getAsBoolean()) {
      openWindow();
      lock.lock();
      try {
        if (!over.getAsBoolean() && missing() == 0 && changed.awaitNanos(deadline.left()) <= 0) {
          return over.getAsBoolean();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return over.getAsBoolean();
      } finally {
        lock.unlock();
      }
    }
    return true;
  }

  /** Lets the other side send on. Never on sshj's reader: it must not wait for a writer. */
  private void openWindow() {
    var more = missing();
    if (more > 0) {
      widen(more);
    }
  }

  /** How much more the other side may send; of one that is pulled, whoever reads says it. */
  private long missing() {
    return pulled ? 0 : lwin.neededAdjustment();
  }

  private void widen(long more) {
    // before the other side hears of it: what it sends then must find room
    lwin.expand(more);
    try {
      trans.write(new SSHPacket(Message.CHANNEL_WINDOW_ADJUST).putUInt32(getRecipient()).putUInt32(more));
    } catch (TransportException e) {
      notifyError(e);
    }
  }

  @Override
  protected void receiveInto(ChannelInputStream stream, SSHPacket packet) throws SSHException {
    var stderr = stream != getInputStream();
    var taker = sink;
    if (taker == null && !stderr) {
      super.receiveInto(stream, packet);
      return;
    }
    try {
      var length = packet.readUInt32AsInt();
      if (length < 0 || length > getLocalMaxPacketSize() || length > packet.available()) {
        throw new ConnectionException(DisconnectReason.PROTOCOL_ERROR, "Bad item length: " + length);
      }
      lwin.consume(length);
      if (stderr || taker == null) {
        err.add(packet.array(), packet.rpos(), length);
      } else {
        taker.take(packet.array(), packet.rpos(), length);
      }
    } catch (Buffer.BufferException e) {
      throw new ConnectionException(e);
    }
    if (missing() > 0) {
      wake();
    }
  }

  @Override
  public void notifyError(SSHException error) {
    if (failure == null) {
      failure = error;
    }
    super.notifyError(error);
  }

  @Override
  protected void eofInputStreams() {
    super.eofInputStreams();
    outputEnded = true;
    wake();
  }

  @Override
  protected void finishOff() {
    super.finishOff();
    ended = true;
    wake();
  }

  private void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean ended() {
    return ended;
  }

  /** Killed by a signal counts as a shell counts it. */
  @Override
  public @Nullable Integer exitCode() {
    var status = getExitStatus();
    if (status != null || getExitSignal() == null) {
      return status;
    }
    return 128 + switch (getExitSignal()) {
      case HUP -> 1;
      case INT -> 2;
      case QUIT -> 3;
      case ILL -> 4;
      case ABRT -> 6;
      case FPE -> 8;
      case KILL -> 9;
      case SEGV -> 11;
      case PIPE -> 13;
      case ALRM -> 14;
      case TERM -> 15;
      default -> 0;
    };
  }

  @Override
  public String lostBecause() {
    return failure == null ? "the server closed the channel without reporting the command's end" : linkEnd.get();
  }

  @Override
  public byte[] stdout() {
    return out.bytes();
  }

  @Override
  public byte[] stderr() {
    return err.bytes();
  }

  @Override
  public boolean truncated() {
    return out.truncated() || err.truncated();
  }

  @Override
  public void abandon() {
    try {
      for (var signal : new Signal[]{Signal.TERM, Signal.KILL}) {
        signal(signal);
        if (awaitEnd(Deadline.in(GRACE))) {
          return;
        }
      }
      sendClose();
      awaitEnd(Deadline.in(GRACE));
    } catch (TransportException e) {
      // the link is ending, and with it this channel
    }
  }
}
