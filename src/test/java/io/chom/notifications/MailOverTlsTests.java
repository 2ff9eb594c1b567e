package io.chom.notifications;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.chom.common.Uuid7;
import io.chom.notifications.ChannelRows.Row;
import io.chom.notifications.NotDelivered.Reason;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.thymeleaf.ITemplateEngine;
import org.thymeleaf.context.IContext;

/** Mail to a server with a certificate: sent where that is believed, and nothing told where it is not. */
class MailOverTlsTests {
  private static final String PASSWORD = "changeit";

  @TempDir
  Path directory;
  private final List<String> heard = new CopyOnWriteArrayList<>();
  private final SSLContext before = current();
  private final ServerSocket socket = open();
  private SSLContext theirs = before;
  private KeyStore keys = empty();

  @BeforeEach
  void aServerHasACertificateForLocalhost() throws Exception {
    var file = directory.resolve("keys.p12");
    var made = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair",
        "-alias", "mail", "-keyalg", "EC", "-dname", "CN=mail", "-ext", "san=dns:localhost", "-validity", "2",
        "-storetype", "PKCS12", "-keystore", file.toString(), "-storepass", PASSWORD).redirectErrorStream(true).start();
    assertThat(made.waitFor()).isZero();
    try (var in = Files.newInputStream(file)) {
      keys = KeyStore.getInstance("PKCS12");
      keys.load(in, PASSWORD.toCharArray());
    }
    var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(keys, PASSWORD.toCharArray());
    theirs = SSLContext.getInstance("TLS");
    theirs.init(factory.getKeyManagers(), null, null);
  }

  @AfterEach
  void nobodyElseBelievesIt() throws IOException {
    SSLContext.setDefault(before);
    socket.close();
  }

  /** As an operator's machine does whose store has the certificate. */
  private void believed() throws Exception {
    var store = empty();
    store.setCertificateEntry("mail", keys.getCertificate("mail"));
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    var context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    SSLContext.setDefault(context);
  }

  @ParameterizedTest
  @ValueSource(strings = {"starttls", "tls"})
  void mailAndLoginGoToAServerWhoseCertificateIsBelieved(String mode) throws Exception {
    believed();
    listen(mode.equals("tls"));
    assertThat(send("localhost", mode)).isNull();
    assertThat(heard).anyMatch(line -> line.startsWith("AUTH")).anyMatch(line -> line.startsWith("RCPT"))
        .contains("Subject: [CHOM] x");
  }

  @ParameterizedTest
  @ValueSource(strings = {"starttls", "tls"})
  void aServerWhoseCertificateNobodyVouchesForIsToldNothing(String mode) {
    listen(mode.equals("tls"));
    refused(send("localhost", mode));
  }

  @Test
  void aCertificateForAnotherNameIsNone() throws Exception {
    believed();
    listen(true);
    refused(send("127.0.0.1", "tls"));
  }

  private void refused(@Nullable NotDelivered answer) {
    var failed = Objects.requireNonNull(answer);
    assertThat(failed.reason()).isEqualTo(Reason.MAIL_UNREACHABLE);
    assertThat(failed.retryable()).isTrue();
    assertThat(heard).noneMatch(line -> line.startsWith("AUTH") || line.startsWith("MAIL"));
  }

  private @Nullable NotDelivered send(String host, String mode) {
    ITemplateEngine templates = mock();
    when(templates.process(anyString(), any(IContext.class))).thenReturn("<p>x</p>");
    var courier = new MailCourier(new MailProperties(host, String.valueOf(socket.getLocalPort()), "panel", "hunter2",
        "panel@panel.example", mode), templates);
    var row = new Row(ChannelId.fresh(), null, ChannelKind.EMAIL, false, "ada@acme.example", null, null,
        new ChannelWish("Ada", Set.of(), Set.of(), "UTC", 8, "en", true), true, null, Instant.EPOCH, 0, Instant.EPOCH,
        null, null, null, null);
    var message = new Message(Uuid7.next(), "x", List.of("x"), List.of(), "why", "https://panel.example", "test",
        Map.of());
    return catchThrowableOfType(NotDelivered.class, () -> courier.deliver(row, "ada@acme.example", message));
  }

  private void listen(boolean fromTheFirstByte) {
    Thread.ofVirtual().start(() -> {
      while (!socket.isClosed()) {
        try (var caller = socket.accept()) {
          talk(fromTheFirstByte ? secured(caller) : caller, fromTheFirstByte, true);
        } catch (IOException _) {
          // it went away, or the test is over
        }
      }
    });
  }

  private Socket secured(Socket caller) throws IOException {
    var secure = (SSLSocket) theirs.getSocketFactory().createSocket(caller, null, caller.getPort(), true);
    secure.setUseClientMode(false);
    secure.startHandshake();
    return secure;
  }

  private void talk(Socket caller, boolean secure, boolean greets) throws IOException {
    var in = new BufferedReader(new InputStreamReader(caller.getInputStream(), StandardCharsets.US_ASCII));
    if (greets) {
      say(caller, "220 mail");
    }
    boolean data = false;
    for (var line = in.readLine(); line != null; line = in.readLine()) {
      heard.add(line);
      var word = line.split(" ")[0].toUpperCase(Locale.ROOT);
      if (data) {
        if (line.equals(".")) {
          data = false;
          say(caller, "250 taken");
        }
      } else if (word.equals("STARTTLS")) {
        say(caller, "220 go on");
        talk(secured(caller), true, false);
        return;
      } else if (word.equals("DATA")) {
        data = true;
        say(caller, "354 go on");
      } else {
        say(caller, switch (word) {
          case "EHLO" -> secure ? "250-mail\r\n250 AUTH PLAIN" : "250-mail\r\n250 STARTTLS";
          case "AUTH" -> "235 welcome";
          case "QUIT" -> "221 bye";
          default -> "250 ok";
        });
      }
    }
  }

  private static void say(Socket caller, String line) throws IOException {
    caller.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
    caller.getOutputStream().flush();
  }

  private static SSLContext current() {
    try {
      return SSLContext.getDefault();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static ServerSocket open() {
    try {
      return new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static KeyStore empty() {
    try {
      var store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      return store;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
