package io.chom.testing;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands between a client and PostgreSQL, and counts how often the client waits for an answer: each Sync or simple query
 * of the wire protocol after which nothing more is sent is one flight.
 */
public final class FlightCounter implements Closeable {
  private final ServerSocket door = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
  private final AtomicInteger flights = new AtomicInteger();
  private final int databasePort;

  public FlightCounter(int databasePort) throws IOException {
    this.databasePort = databasePort;
    Thread.ofVirtual().start(this::accept);
  }

  public int port() {
    return door.getLocalPort();
  }

  /** Flights since the last call. */
  public int taken() {
    return flights.getAndSet(0);
  }

  private void accept() {
    while (!door.isClosed()) {
      try {
        var client = door.accept();
        var database = new Socket(InetAddress.getLoopbackAddress(), databasePort);
        Thread.ofVirtual().start(() -> answers(database, client));
        Thread.ofVirtual().start(() -> questions(client, database));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private static void answers(Socket database, Socket client) {
    try (database; client) {
      database.getInputStream().transferTo(client.getOutputStream());
    } catch (IOException e) {
      // one side has gone: both are closed
    }
  }

  private void questions(Socket client, Socket database) {
    try (client; database) {
      var in = new DataInputStream(client.getInputStream());
      var out = database.getOutputStream();
      var length = in.readInt(); // the start packet has no type
      pass(out, length, in.readNBytes(length - 4));
      while (true) {
        var type = in.read();
        if (type < 0) {
          return;
        }
        var size = in.readInt();
        var body = in.readNBytes(size - 4);
        // counted before it is passed on: the client may ask as soon as it is answered
        if ((type == 'S' || type == 'Q') && in.available() == 0) {
          flights.incrementAndGet();
        }
        out.write(type);
        pass(out, size, body);
      }
    } catch (IOException e) {
      // one side has gone: both are closed
    }
  }

  private static void pass(OutputStream out, int length, byte[] body) throws IOException {
    out.write(new byte[]{(byte) (length >>> 24), (byte) (length >>> 16), (byte) (length >>> 8), (byte) length});
    out.write(body);
    out.flush();
  }

  @Override
  public void close() throws IOException {
    door.close();
  }
}
