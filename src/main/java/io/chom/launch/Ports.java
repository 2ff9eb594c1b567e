package io.chom.launch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** Finds free ports. */
final class Ports {
  private Ports() {}

  static InetAddress loopback() {
    return InetAddress.getLoopbackAddress();
  }

  static boolean free(InetAddress address, int port) {
    try (var socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(address, port));
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  /** The port for browsers is not changed silently: bookmarks and proxies name it. */
  static void refuseBusy(Settings settings) {
    try (var socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(settings.bind().replaceAll("[\\[\\]]", ""), settings.port()));
    } catch (BindException e) {
      throw new StartRefused("CHOM cannot listen on " + settings.bind() + " port " + settings.port() + " ("
          + e.getMessage() + "): end the program that has it, or set CHOM_PORT (and CHOM_BIND) to another", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** This port on the loopback address if it is free, otherwise any other. */
  static int thisOrAnother(int wanted) {
    return free(loopback(), wanted) ? wanted : another();
  }

  static int another() {
    try (var socket = new ServerSocket(0, 1, loopback())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
