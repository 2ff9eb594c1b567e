package io.chom.ssh;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** A wire that can be long, cut, or silent. */
public final class TcpProxy implements AutoCloseable {
  private final ServerSocket server;
  private final int to;
  private final long delayNanos;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private volatile boolean frozen;
  private volatile boolean deaf;
  private volatile boolean refusing;
  /** Connections that came so far, those hung up on included. */
  public final AtomicLong accepted = new AtomicLong();
  /** Bytes from client to server so far. */
  public final AtomicLong sent = new AtomicLong();

  public TcpProxy(int to) {
    this(to, 0);
  }

  /** @param delayMillis each way */
  public TcpProxy(int to, long delayMillis) {
    this.to = to;
    this.delayNanos = TimeUnit.MILLISECONDS.toNanos(delayMillis);
    try {
      this.server = new ServerSocket();
      // a small one, so that a wire nobody reads from is soon full
      server.setReceiveBufferSize(64 * 1024);
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 500);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    Thread.ofVirtual().start(this::accept);
  }

  public int port() {
    return server.getLocalPort();
  }

  /** Every connection breaks at once. */
  public void cut() {
    sockets.forEach(TcpProxy::close);
    sockets.clear();
  }

  /** Nothing passes any more and nothing is read, but no connection ends: like a server that lost its power. */
  public void freeze() {
    frozen = true;
  }

  public void thaw() {
    frozen = false;
    deaf = false;
  }

  /** What the client sends is no longer read; what the server sends still arrives. */
  public void deafen() {
    deaf = true;
  }

  /** New connections are hung up on. */
  public void refuse(boolean refuse) {
    refusing = refuse;
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        var client = server.accept();
        accepted.incrementAndGet();
        if (refusing) {
          client.close();
          continue;
        }
        var target = new Socket();
        target.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), to));
        client.setTcpNoDelay(true);
        target.setTcpNoDelay(true);
        sockets.add(client);
        sockets.add(target);
        pump(client, target, true);
        pump(target, client, false);
      } catch (IOException e) {
        // the next one
      }
    }
  }

  private record Packet(byte[] bytes, long at) {}

  private void pump(Socket from, Socket to, boolean counted) throws IOException {
    var in = from.getInputStream();
    var out = to.getOutputStream();
    if (delayNanos == 0) {
      Thread.ofVirtual().start(() -> copy(from, to, in, out, counted));
      return;
    }
    var queue = new LinkedBlockingQueue<Packet>();
    // platform threads: they wake more exactly
    Thread.ofPlatform().daemon().start(() -> {
      try {
        for (byte[] bytes; (bytes = next(in)) != null;) {
          queue.add(new Packet(bytes, System.nanoTime() + delayNanos));
        }
      } catch (IOException e) {
        // ended below
      }
      queue.add(new Packet(new byte[0], System.nanoTime() + delayNanos));
    });
    Thread.ofPlatform().daemon().start(() -> {
      try {
        for (Packet packet; (packet = queue.take()).bytes().length > 0;) {
          LockSupport.parkNanos(packet.at() - System.nanoTime());
          out.write(packet.bytes());
        }
      } catch (IOException | InterruptedException e) {
        // ended below
      }
      close(from);
      close(to);
    });
  }

  private static byte[] next(InputStream in) throws IOException {
    var bytes = new byte[64 * 1024];
    var read = in.read(bytes);
    return read < 0 ? null : java.util.Arrays.copyOf(bytes, read);
  }

  private void copy(Socket from, Socket to, InputStream in, OutputStream out, boolean counted) {
    var bytes = new byte[64 * 1024];
    try {
      for (int read; (read = in.read(bytes)) >= 0;) {
        while (frozen || deaf && counted) {
          Thread.sleep(10);
        }
        if (counted) {
          sent.addAndGet(read);
        }
        out.write(bytes, 0, read);
      }
    } catch (IOException | InterruptedException e) {
      // ended below
    }
    close(from);
    close(to);
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // it is closed then
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    thaw();
    cut();
  }
}
