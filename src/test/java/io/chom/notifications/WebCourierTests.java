package io.chom.notifications;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.endsWith;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.chom.common.Uuid7;
import io.chom.notifications.ChannelRows.Row;
import io.chom.notifications.NotDelivered.Reason;
import io.chom.outbound.OutboundGuard;
import io.chom.outbound.OutboundRefused;
import io.chom.secrets.SecretBox;
import io.chom.testing.HookServer;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** Calls of webhooks against a real server on loopback, which is not always a good one. */
class WebCourierTests {
  private static final Duration LIMIT = Duration.ofSeconds(3);
  private static final WebhookSecret SECRET = WebhookSecret.fresh();
  private static final String INJECTED = "<!channel> & co";

  private final HookServer server = HookServer.on("127.0.0.1");
  private final HookServer inside = HookServer.on("127.0.0.2");
  private final OutboundGuard guard = mock();
  private final SecretBox box = mock();
  private final JsonMapper json = new JsonMapper();
  private final WebCourier courier = new WebCourier(guard, box, json, Clock.systemUTC(),
      new NotificationsProperties(LIMIT));

  WebCourierTests() {
    when(guard.allowed(any())).thenReturn(true);
    when(box.open(any(), endsWith(":secret"))).thenReturn(SECRET.text());
    when(box.open(any(), endsWith(":target")))
        .thenReturn("http://hook.invalid:" + server.port() + "/hook?token=secret");
    // the names here are known to nobody else: who asks another resolver gets nowhere
    when(guard.judge("hook.invalid")).thenReturn(List.of(InetAddress.ofLiteral("127.0.0.1")));
  }

  @AfterEach
  void close() throws Exception {
    courier.close();
    server.close();
    inside.close();
  }

  @Test
  void signsAsStandardWebhooksSayAndTheSameMessageKeepsItsId() throws Exception {
    var message = message();
    deliver(ChannelKind.WEBHOOK, message);
    deliver(ChannelKind.WEBHOOK, message);
    assertThat(server.calls()).hasSize(2).allSatisfy(call -> {
      var id = call.headers().get("webhook-id");
      assertThat(id).isEqualTo("msg_" + message.id());
      var at = call.headers().get("webhook-timestamp");
      assertThat(Instant.ofEpochSecond(Long.parseLong(at))).isAfter(Instant.now().minusSeconds(60));
      // as a receiver does it, with nothing of ours but the secret
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(Base64.getDecoder().decode(SECRET.text().substring("whsec_".length())), "HmacSHA256"));
      var expected = mac.doFinal((id + "." + at + "." + call.text()).getBytes(StandardCharsets.UTF_8));
      var given = call.headers().get("webhook-signature");
      assertThat(given).startsWith("v1,");
      assertThat(MessageDigest.isEqual(expected, Base64.getDecoder().decode(given.substring(3)))).isTrue();
      assertThat(json.readTree(call.body()).path("type").asString()).isEqualTo("backup.failed");
      assertThat(json.readTree(call.body()).at("/data/subject/label").asString()).isEqualTo(INJECTED);
    });
  }

  @Test
  void tellsSlackInOneTextThatCallsNobody() {
    deliver(ChannelKind.SLACK, message());
    var text = json.readTree(server.calls().getFirst().body()).path("text").asString();
    assertThat(text).contains("&lt;!channel&gt; &amp; co").doesNotContain("<!channel>");
    assertThat(server.calls().getFirst().headers()).doesNotContainKey("webhook-signature");
  }

  @Test
  void connectsOnlyWhereTheGuardSaysNow() {
    // the name led somewhere good when it was looked at, and leads inside when it is called
    when(guard.judge("hook.invalid")).thenReturn(List.of(InetAddress.ofLiteral("127.0.0.1")))
        .thenThrow(refused());
    assertThatThrownBy(() -> deliver(ChannelKind.WEBHOOK, message())).isInstanceOf(RuntimeException.class);
    assertThat(server.calls()).isEmpty();
  }

  @Test
  void followsNoRedirect() {
    server.answers(HookServer.status("302 Found", "Location: " + inside.url("/latest/meta-data")));
    assertThat(fails()).isEqualTo(Reason.HTTP_REDIRECT);
    assertThat(server.calls()).hasSize(1);
    assertThat(inside.calls()).isEmpty();
  }

  @Test
  void readsNoMoreThanTheStatusOfAnEndlessAnswer() {
    server.answers(out -> {
      out.write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      var piece = new byte[65_536];
      while (true) {
        out.write(piece);
      }
    });
    assertThat(tookLessThan(LIMIT, () -> deliver(ChannelKind.WEBHOOK, message()))).isTrue();
  }

  @Test
  void stopsReadingHeadersWithoutEnd() {
    server.answers(out -> {
      out.write("HTTP/1.1 200 OK\r\n".getBytes(StandardCharsets.US_ASCII));
      while (true) {
        out.write("X-More: and more\r\n".getBytes(StandardCharsets.US_ASCII));
      }
    });
    assertThat(fails()).isIn(Reason.HTTP_ANSWER, Reason.HTTP_UNREACHABLE);
  }

  @Test
  void waitsNoLongerForAServerThatAnswersAByteNowAndThen() {
    server.answers(out -> {
      for (byte letter : "HTTP/1.1 200 OK and much more than that".getBytes(StandardCharsets.US_ASCII)) {
        out.write(letter);
        out.flush();
        Thread.sleep(500);
      }
    });
    assertThat(tookLessThan(LIMIT.multipliedBy(3), () -> assertThat(fails()).isEqualTo(Reason.HTTP_TIMEOUT))).isTrue();
  }

  @Test
  void saysWhatWentWrongAndNothingOfWhere() {
    server.answers(HookServer.status("500 Internal Server Error"));
    var failed = catchThrowableOfType(NotDelivered.class, () -> deliver(ChannelKind.WEBHOOK, message()));
    assertThat(failed.reason()).isEqualTo(Reason.HTTP_STATUS);
    assertThat(failed.detail()).isEqualTo("500");
    assertThat(failed.retryable()).isTrue();
    assertThat(failed.getMessage()).doesNotContain("hook.invalid", "token");
    server.answers(HookServer.status("410 Gone"));
    assertThat(fails()).isEqualTo(Reason.HTTP_GONE);
    server.answers(out -> out.write("SSH-2.0-OpenSSH_9.2\r\n".getBytes(StandardCharsets.US_ASCII)));
    assertThat(fails()).isIn(Reason.HTTP_ANSWER, Reason.HTTP_UNREACHABLE);
    server.close();
    assertThat(fails()).isEqualTo(Reason.HTTP_UNREACHABLE);
  }

  private Reason fails() {
    return catchThrowableOfType(NotDelivered.class, () -> deliver(ChannelKind.WEBHOOK, message())).reason();
  }

  private static boolean tookLessThan(Duration limit, Runnable work) {
    long begun = System.nanoTime();
    work.run();
    return System.nanoTime() - begun < limit.toNanos();
  }

  private static RuntimeException refused() {
    try {
      var made = OutboundRefused.class
          .getDeclaredConstructor(OutboundRefused.Reason.class);
      made.setAccessible(true);
      return made.newInstance(OutboundRefused.Reason.HOST_NOT_PUBLIC);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private void deliver(ChannelKind kind, Message message) {
    var row = row(kind);
    courier.deliver(row, "", message);
  }

  private static Row row(ChannelKind kind) {
    @Nullable
    String secret = kind == ChannelKind.WEBHOOK ? "sealed" : null;
    return new Row(ChannelId.fresh(), null, kind, false, "hook.invalid", "sealed", secret,
        new ChannelWish("Hook", Set.of(), Set.of(), "UTC", 8, "en", true), true, null, Instant.EPOCH, 0, Instant.EPOCH,
        null, null, null, null);
  }

  private static Message message() {
    return new Message(Uuid7.next(), INJECTED + ": the backup failed", List.of(),
        List.of(new Message.Item(INJECTED, null, "https://panel.example/sites/1")), "why", "https://panel.example",
        "backup.failed", Map.of("subject", Map.of("label", INJECTED), "at", Instant.parse("2026-11-25T18:00:00Z")));
  }
}
