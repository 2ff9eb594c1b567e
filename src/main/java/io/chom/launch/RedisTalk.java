package io.chom.launch;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** A few plain commands to a Redis server, for the time before and after the real client lives. */
final class RedisTalk implements AutoCloseable {
  private final Socket socket;
  private final InputStream in;

  private RedisTalk(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new BufferedInputStream(socket.getInputStream());
  }

  /** Fails when nobody listens, when it is no Redis, or when it has another password. */
  static RedisTalk connect(int port, String password) throws IOException {
    return connect(Ports.loopback().getHostAddress(), port, List.of(password), null);
  }

  /** What the machine trusts, or one authority of one's own in PEM. */
  static SSLSocketFactory trusting(@Nullable String authority) throws IOException {
    try {
      var trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trusted.init(authority == null ? null : store(Path.of(authority)));
      var tls = SSLContext.getInstance("TLS");
      tls.init(null, trusted.getTrustManagers(), null);
      return tls.getSocketFactory();
    } catch (GeneralSecurityException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static KeyStore store(Path authority) throws GeneralSecurityException, IOException {
    var store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (var in = Files.newInputStream(authority)) {
      int number = 0;
      for (var one : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        store.setCertificateEntry("authority-" + number++, one);
      }
    }
    return store;
  }

  /**
   * As {@link #connect(int, String)}.
   *
   * @param login the password, or the user and the password; an empty password asks for none
   * @param tls null where the words go in the clear
   */
  static RedisTalk connect(String host, int port, List<String> login, @Nullable SSLSocketFactory tls)
      throws IOException {
    var socket = new Socket();
    try {
      socket.connect(new InetSocketAddress(host, port), 2000);
      socket.setSoTimeout(5000);
      if (tls != null) {
        var sealed = (SSLSocket) tls.createSocket(socket, host, port, true);
        var names = sealed.getSSLParameters();
        names.setEndpointIdentificationAlgorithm("HTTPS");
        sealed.setSSLParameters(names);
        sealed.startHandshake();
        socket = sealed;
      }
      var talk = new RedisTalk(socket);
      if (!login.getLast().isEmpty()) {
        talk.ask(login.size() == 2
            ? new String[]{"AUTH", login.getFirst(), login.getLast()}
            : new String[]{"AUTH", login.getLast()});
      }
      return talk;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** The answer's texts, flattened; an error answer is an exception. */
  List<String> ask(String... words) throws IOException {
    var request = new StringBuilder("*" + words.length + "\r\n");
    for (String word : words) {
      request.append('$').append(word.getBytes(StandardCharsets.UTF_8).length).append("\r\n").append(word)
          .append("\r\n");
    }
    socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.UTF_8));
    var answer = new ArrayList<String>();
    read(answer);
    return answer;
  }

  private void read(List<String> answer) throws IOException {
    String line = line();
    String rest = line.substring(1);
    switch (line.charAt(0)) {
      case '+', ':' -> answer.add(rest);
      case '$' -> {
        int length = number(rest);
        if (length >= 0) {
          answer.add(new String(in.readNBytes(length), StandardCharsets.UTF_8));
          in.skipNBytes(2);
        }
      }
      case '*' -> {
        for (int i = number(rest); i > 0; i--) {
          read(answer);
        }
      }
      default -> throw new IOException(line.startsWith("-") ? rest : "this is not Redis");
    }
  }

  private static int number(String digits) throws IOException {
    try {
      return Integer.parseInt(digits);
    } catch (NumberFormatException e) {
      throw new IOException("this is not Redis", e);
    }
  }

  private String line() throws IOException {
    var line = new StringBuilder();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0 || line.length() > 10_000) {
        throw new IOException("this is not Redis, or it hung up");
      }
      if (next != '\r') {
        line.append((char) next);
      }
    }
    if (line.isEmpty()) {
      throw new IOException("this is not Redis");
    }
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
