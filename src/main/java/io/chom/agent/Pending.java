package io.chom.agent;

import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A request under way. The channel's reader only puts frames here; the work is done by whoever asked. */
final class Pending implements AutoCloseable {
  final Gateway gateway;
  private final String id;
  private final LinkedBlockingQueue<Frame> frames = new LinkedBlockingQueue<>();
  private final int most;
  private volatile boolean overflown;

  Pending(Gateway gateway, String id, int most) {
    this.gateway = gateway;
    this.id = id;
    this.most = most;
  }

  String id() {
    return id;
  }

  void hear(Frame frame) {
    if (overflown) {
      return;
    }
    if (frames.size() >= most && !(frame instanceof Frame.Lost)) {
      overflown = true;
      frames.add(new Frame.Overflow());
    } else {
      frames.add(frame);
    }
  }

  /** The next frame, or null if there is none within the limit. */
  @Nullable
  Frame next(Duration limit) throws InterruptedException {
    return frames.poll(limit.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Nobody listens any more; later frames are dropped. */
  @Override
  public void close() {
    gateway.forget(id);
  }
}
