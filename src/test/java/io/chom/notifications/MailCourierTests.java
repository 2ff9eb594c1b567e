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
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.thymeleaf.ITemplateEngine;
import org.thymeleaf.context.IContext;

/** What a mail server may answer, by one that answers what it is told to. */
class MailCourierTests {
  private final Scripted server = new Scripted();
  private final ITemplateEngine templates = mock();

  MailCourierTests() {
    when(templates.process(anyString(), any(IContext.class))).thenReturn("<p>x</p>");
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void anAddressThatIsRefusedForGoodIsNotTriedAgain() {
    server.answers.put("RCPT", "550 5.1.1 no such user");
    var failed = fails("none", "");
    assertThat(failed.reason()).isEqualTo(Reason.MAIL_REFUSED);
    assertThat(failed.detail()).isEqualTo("550");
    assertThat(failed.retryable()).isFalse();
  }

  @Test
  void whatIsDeferredIsTriedAgain() {
    server.answers.put("RCPT", "451 4.7.1 greylisted");
    assertThat(fails("none", "")).satisfies(failed -> {
      assertThat(failed.reason()).isEqualTo(Reason.MAIL_DEFERRED);
      assertThat(failed.retryable()).isTrue();
    });
    server.answers.remove("RCPT");
    server.answers.put("DATA", "452 4.3.1 no room");
    assertThat(fails("none", "").reason()).isEqualTo(Reason.MAIL_DEFERRED);
    server.answers.put("DATA", "554 5.7.1 looks like spam");
    assertThat(fails("none", "").reason()).isEqualTo(Reason.MAIL_REFUSED);
  }

  @Test
  void theLoginIsNotSentToAServerWithoutTls() {
    var failed = fails("starttls", "panel");
    assertThat(failed.retryable()).isTrue();
    assertThat(server.heard).noneMatch(line -> line.startsWith("AUTH") || line.startsWith("MAIL"));
  }

  @Test
  void aRefusedLoginIsSaidAsSuchAndWithoutThePassword() {
    server.answers.put("EHLO", "250-mail\r\n250 AUTH PLAIN LOGIN");
    server.answers.put("AUTH", "535 5.7.8 no");
    var failed = fails("none", "panel");
    assertThat(failed.reason()).isEqualTo(Reason.MAIL_LOGIN_REFUSED);
    assertThat(failed.getMessage()).doesNotContain("hunter2");
  }

  @Test
  void aServerThatHangsUpHalfWayIsNotBelievedToHaveTakenIt() {
    server.answers.put("MAIL", "");
    assertThat(fails("none", "").reason()).isEqualTo(Reason.MAIL_UNREACHABLE);
  }

  private NotDelivered fails(String tls, String user) {
    var courier = new MailCourier(new MailProperties("127.0.0.1", String.valueOf(server.port()), user,
        user.isEmpty() ? "" : "hunter2", "panel@panel.example", tls), templates);
    var row = new Row(ChannelId.fresh(), null, ChannelKind.EMAIL, false, "ada@acme.example", null, null,
        new ChannelWish("Ada", Set.of(), Set.of(), "UTC", 8, "en", true), true, null, Instant.EPOCH, 0, Instant.EPOCH,
        null, null, null, null);
    var message = new Message(Uuid7.next(), "x", List.of("x"), List.of(), "why", "https://panel.example", "test",
        Map.of());
    return catchThrowableOfType(NotDelivered.class, () -> courier.deliver(row, "ada@acme.example", message));
  }

  /** A mail server that takes everything, unless it is told what to answer to a word; to nothing it hangs up. */
  private static final class Scripted implements AutoCloseable {
    final Map<String, String> answers = new ConcurrentHashMap<>();
    final List<String> heard = new CopyOnWriteArrayList<>();
    private final ServerSocket socket;

    Scripted() {
      try {
        socket = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      Thread.ofVirtual().start(this::listen);
    }

    int port() {
      return socket.getLocalPort();
    }

    private void listen() {
      while (!socket.isClosed()) {
        try (var caller = socket.accept()) {
          talk(caller);
        } catch (IOException _) {
          // it went away; the next one comes, or the test is over
        }
      }
    }

    private void talk(Socket caller) throws IOException {
      var in = new BufferedReader(new InputStreamReader(caller.getInputStream(), StandardCharsets.US_ASCII));
      say(caller, "220 mail");
      for (var line = in.readLine(); line != null; line = in.readLine()) {
        heard.add(line);
        var word = line.split(" ")[0].toUpperCase(Locale.ROOT);
        var answer = answers.getOrDefault(word, word.equals("DATA") ? "354 go on" : "250 ok");
        if (answer.isEmpty()) {
          return;
        }
        say(caller, answer);
      }
    }

    private static void say(Socket caller, String line) throws IOException {
      caller.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
      caller.getOutputStream().flush();
    }

    @Override
    public void close() {
      try {
        socket.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
