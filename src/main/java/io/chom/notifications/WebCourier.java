package io.chom.notifications;

import io.chom.notifications.ChannelRows.Row;
import io.chom.notifications.NotDelivered.Reason;
import io.chom.outbound.OutboundGuard;
import io.chom.outbound.OutboundRefused;
import io.chom.secrets.SecretBox;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import tools.jackson.databind.ObjectMapper;

/**
 * Calls addresses that customers named. Every connection goes to an address that was judged for it a moment before, and
 * is used once; nothing but the status of an answer is read, no redirect is followed, and all of it ends in time.
 */
@Component
class WebCourier implements Courier, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WebCourier.class);
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final int GONE = 410;

  private final SecretBox box;
  private final ObjectMapper json;
  private final Clock clock;
  private final OutboundGuard guard;
  private final Duration patience;
  private final CloseableHttpClient http;

  WebCourier(OutboundGuard guard, SecretBox box, ObjectMapper json, Clock clock, NotificationsProperties properties) {
    this.box = box;
    this.json = json;
    this.clock = clock;
    this.guard = guard;
    this.patience = properties.callLimit();
    this.http = client(guard, patience);
  }

  private static CloseableHttpClient client(OutboundGuard guard, Duration patience) {
    var limits = Http1Config.custom().setMaxHeaderCount(100).setMaxLineLength(8_192).setMaxEmptyLineCount(4).build();
    var connections = PoolingHttpClientConnectionManagerBuilder.create().setDnsResolver(judged(guard))
        .setConnectionFactory(ManagedHttpClientConnectionFactory.builder().http1Config(limits).build())
        .setMaxConnTotal(64).setMaxConnPerRoute(8)
        .setDefaultConnectionConfig(ConnectionConfig.custom().setConnectTimeout(Timeout.of(CONNECT))
            .setSocketTimeout(Timeout.of(patience)).build())
        .build();
    return HttpClients.custom().setConnectionManager(connections)
        .setDefaultRequestConfig(RequestConfig.custom().setResponseTimeout(Timeout.of(patience))
            .setConnectionRequestTimeout(Timeout.of(CONNECT)).build())
        // each call is judged: a connection from before would go round that
        .setConnectionReuseStrategy((request, response, context) -> false).disableRedirectHandling()
        .disableAutomaticRetries().disableCookieManagement().disableAuthCaching().disableContentCompression()
        .setUserAgent("CHOM").build();
  }

  private static DnsResolver judged(OutboundGuard guard) {
    return new DnsResolver() {
      @Override
      public InetAddress[] resolve(String host) {
        return guard.judge(host).toArray(InetAddress[]::new);
      }

      @Override
      public String resolveCanonicalHostname(String host) {
        return host;
      }
    };
  }

  @Override
  public boolean serves(ChannelKind kind) {
    return kind != ChannelKind.EMAIL;
  }

  @Override
  public void deliver(Row channel, String address, Message message) {
    var request = new HttpPost(target(channel));
    if (channel.kind() == ChannelKind.SLACK) {
      body(request, json.writeValueAsBytes(Map.of("text", slack(message))));
    } else {
      sign(request, channel, message);
    }
    int status = call(request, message.id());
    if (status == GONE) {
      throw new NotDelivered(Reason.HTTP_GONE, String.valueOf(status), null);
    } else if (status >= 300 && status < 400) {
      throw new NotDelivered(Reason.HTTP_REDIRECT, String.valueOf(status), null);
    } else if (status < 200 || status >= 300) {
      throw new NotDelivered(Reason.HTTP_STATUS, String.valueOf(status), null);
    }
  }

  private URI target(Row channel) {
    try {
      return WebAddress.parse(
          box.open(Objects.requireNonNull(channel.targetSealed()), Channels.context(channel.id(), "target")), guard);
    } catch (OutboundRefused e) {
      throw refused(e);
    } catch (ChannelRefused e) {
      // the operator has taken the host off his list
      throw new NotDelivered(Reason.HOST_NOT_PUBLIC, "", e);
    }
  }

  private static NotDelivered refused(OutboundRefused e) {
    return new NotDelivered(
        e.reason() == OutboundRefused.Reason.HOST_UNKNOWN ? Reason.HOST_UNKNOWN : Reason.HOST_NOT_PUBLIC, "", e);
  }

  private void sign(HttpPost request, Row channel, Message message) {
    Map<String, Object> content = new LinkedHashMap<>();
    content.put("type", message.type());
    var at = message.body().get("at");
    content.put("timestamp", at instanceof Instant happened ? happened : clock.instant());
    content.put("data", message.body());
    byte[] body = json.writeValueAsBytes(content);
    String id = "msg_" + message.id();
    long now = clock.instant().getEpochSecond();
    var secret = new WebhookSecret(
        box.open(Objects.requireNonNull(channel.secretSealed()), Channels.context(channel.id(), "secret")));
    request.setHeader("webhook-id", id);
    request.setHeader("webhook-timestamp", String.valueOf(now));
    request.setHeader("webhook-signature", secret.sign(id, now, body));
    body(request, body);
  }

  private static void body(HttpPost request, byte[] body) {
    request.setEntity(new ByteArrayEntity(body, ContentType.APPLICATION_JSON));
  }

  private int call(HttpPost request, UUID id) {
    // a server that answers a byte now and then is never idle
    var end = Thread.ofVirtual().name("webhook-end").start(() -> cancelLater(request));
    try {
      var answer = http.executeOpen(null, request, null);
      int status = answer.getCode();
      // the rest of the answer is not read: it may have no end
      request.cancel();
      return status;
    } catch (OutboundRefused e) {
      throw refused(e);
    } catch (IOException e) {
      LOG.info("Webhook {} was not taken: {}", id, e.getClass().getSimpleName());
      throw new NotDelivered(reason(e, request.isCancelled()), "", e);
    } finally {
      end.interrupt();
      request.cancel();
    }
  }

  private void cancelLater(HttpPost request) {
    try {
      Thread.sleep(patience);
      request.cancel();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Reason reason(IOException e, boolean late) {
    if (late || e instanceof InterruptedIOException) {
      return Reason.HTTP_TIMEOUT;
    }
    return switch (e) {
      case SSLException _ -> Reason.HTTP_TLS;
      case IOException broken when broken.getCause() instanceof HttpException -> Reason.HTTP_ANSWER;
      case IOException broken when broken.getClass().getName().startsWith("org.apache.hc.core5.http") ->
        Reason.HTTP_ANSWER;
      default -> Reason.HTTP_UNREACHABLE;
    };
  }

  private static String slack(Message message) {
    var lines = Stream.concat(Stream.of("*" + escape(message.subject()) + "*"),
        Stream.concat(message.lines().stream().map(WebCourier::escape), message.items().stream().map(
            item -> "• <" + item.link() + "|" + escape(item.title()) + ">" + detail(item.detail()))));
    return lines.collect(Collectors.joining("\n"));
  }

  private static String detail(@Nullable String detail) {
    return detail == null ? "" : "\n   " + escape(detail);
  }

  /** As Slack wants it; nobody is called by name either, and no link made. */
  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  @Override
  public void close() throws IOException {
    http.close();
  }
}
