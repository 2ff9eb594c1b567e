package io.chom.api;

import io.chom.accounts.Caller;
import io.chom.accounts.Permission;
import io.chom.accounts.Requires;
import io.chom.notifications.ChannelId;
import io.chom.notifications.ChannelKind;
import io.chom.notifications.ChannelView;
import io.chom.notifications.ChannelWish;
import io.chom.notifications.Channels;
import io.chom.notifications.DeliveryView;
import io.chom.notifications.NoticeKind;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.net.URI;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Where the caller, and the tenant, are told what. */
@Tag(name = "Notification channels")
@RestController
@RequestMapping("/api/v1/notification-channels")
class NotificationChannelsApi {
  private static final int HOUR = 8;

  private final Channels channels;

  NotificationChannelsApi(Channels channels) {
    this.channels = channels;
  }

  /**
   * A channel as it is wanted.
   *
   * @param name left away in a change: the one it has
   * @param target an e-mail address or an address of the web; left away in a change: the one it has
   * @param atOnce events that are told as they happen, such as {@code backup.failed}; left away, none
   * @param daily events that the digest names; left away, none, and there is no digest
   * @param zone of the tz database; left away, UTC
   * @param hour of the digest; left away, 8
   * @param language {@code en} or {@code de}; left away, en
   * @param enabled left away, it is
   */
  record ChangedChannel(@Nullable @Size(max = 200) String name, @Nullable @Size(max = 2000) String target,
      @Nullable @Size(max = 20) List<@NotNull String> atOnce, @Nullable @Size(max = 20) List<@NotNull String> daily,
      @Nullable @Size(max = 64) String zone, @Nullable Integer hour, @Nullable @Size(max = 10) String language,
      @Nullable Boolean enabled) {
    ChannelWish wish(String otherwise) {
      return NotificationChannelsApi.wish(Objects.requireNonNullElse(name, otherwise), atOnce, daily, zone, hour,
          language, enabled);
    }
  }

  /**
   * @param kind {@code email}, {@code webhook} or {@code slack}
   * @param shared for the whole tenant, which admins may; left away, the caller's own
   * @param target an e-mail address or an address of the web
   * @param atOnce events that are told as they happen, such as {@code backup.failed}; left away, none
   * @param daily events that the digest names; left away, none, and there is no digest
   */
  record NewChannel(@NotNull @Size(max = 20) String kind, @Nullable Boolean shared,
      @NotNull @Size(max = 200) String name,
      @NotNull @Size(max = 2000) String target, @Nullable @Size(max = 20) List<@NotNull String> atOnce,
      @Nullable @Size(max = 20) List<@NotNull String> daily, @Nullable @Size(max = 64) String zone,
      @Nullable Integer hour, @Nullable @Size(max = 10) String language, @Nullable Boolean enabled) {
    ChannelWish wish() {
      return NotificationChannelsApi.wish(name, atOnce, daily, zone, hour, language, enabled);
    }
  }

  private static ChannelWish wish(String name, @Nullable List<String> atOnce, @Nullable List<String> daily,
      @Nullable String zone, @Nullable Integer hour, @Nullable String language, @Nullable Boolean enabled) {
    return new ChannelWish(name, ChannelWish.kinds(Objects.requireNonNullElse(atOnce, List.of()), "atOnce"),
        ChannelWish.kinds(Objects.requireNonNullElse(daily, List.of()), "daily"),
        Objects.requireNonNullElse(zone, "UTC"), Objects.requireNonNullElse(hour, HOUR),
        Objects.requireNonNullElse(language, "en"), !Boolean.FALSE.equals(enabled));
  }

  /**
   * @param shared whether it is the whole tenant's
   * @param signInAddress whether it is the address the caller signs in with, which cannot be removed
   * @param target an e-mail address, or the host of a webhook; the whole address is shown to nobody
   * @param configured false where mail is not configured on this panel
   * @param error why the last thing did not get there; null if it did
   * @param secret what bodies are signed with; in the answer that made the channel, and never again
   */
  record ChannelBody(UUID id, String kind, boolean shared, boolean signInAddress, String name, String target,
      List<String> atOnce, List<String> daily, String zone, int hour, String language, boolean enabled,
      boolean configured, @Nullable Instant nextDigestAt, @Nullable Instant lastSentAt, @Nullable Instant lastFailedAt,
      @Nullable String error, @Nullable String errorDetail, @Nullable String secret) {}

  private ChannelBody body(ChannelView view, @Nullable String secret) {
    var wish = view.wish();
    return new ChannelBody(view.id().value(), view.kind().word(), view.owner() == null, view.ownAddress(), wish.name(),
        view.target(), words(wish.atOnce()), words(wish.daily()), wish.zone(), wish.hour(), wish.language(),
        wish.enabled(), view.kind() != ChannelKind.EMAIL || channels.mailConfigured(), view.digestAt(), view.sentAt(),
        view.failedAt(), view.error(), view.errorDetail(), secret);
  }

  private static List<String> words(Collection<NoticeKind> kinds) {
    return kinds.stream().sorted().map(NoticeKind::word).toList();
  }

  /**
   * @param kind AT_ONCE, DIGEST or TEST
   * @param event such as {@code backup.failed}; null for a digest or a test
   * @param status WAITING, SENT, or FAILED, which is not tried again
   */
  record DeliveryBody(UUID id, String kind, @Nullable String event, String subject, String status, int attempts,
      Instant createdAt, @Nullable Instant nextTryAt, @Nullable Instant endedAt, @Nullable String error,
      @Nullable String errorDetail) {
    static DeliveryBody of(DeliveryView view) {
      var event = view.event();
      return new DeliveryBody(view.id(), view.kind().name(), event == null ? null : event.word(), view.subject(),
          view.status().name(), view.attempts(), view.createdAt(), view.nextTryAt(), view.endedAt(), view.error(),
          view.errorDetail());
    }
  }

  @Operation(summary = "List where the caller is told what, and the tenant for whoever may manage that")
  @GetMapping
  @Requires(Permission.NOTIFICATIONS_READ)
  Page<ChannelBody> list(Caller caller) {
    return new Page<>(channels.list(caller).stream().map(view -> body(view, null)).toList(), null);
  }

  @Operation(summary = "Make a channel", description = "The answer for a webhook holds the secret its bodies are signed with, this once.")
  @PostMapping
  @Requires(Permission.NOTIFICATIONS_WRITE)
  ResponseEntity<ChannelBody> create(@RequestBody @Valid NewChannel wanted, Caller caller) {
    var made = channels.create(ChannelKind.of(wanted.kind()), wanted.target(), Boolean.TRUE.equals(wanted.shared()),
        wanted.wish(), caller);
    return ResponseEntity.created(URI.create("/api/v1/notification-channels/" + made.channel().id()))
        .body(body(made.channel(), made.secret()));
  }

  @Operation(summary = "Show a channel")
  @GetMapping("/{id}")
  @Requires(Permission.NOTIFICATIONS_READ)
  ChannelBody get(@PathVariable UUID id, Caller caller) {
    return body(channels.get(new ChannelId(id), caller), null);
  }

  @Operation(summary = "Change a channel", description = "What is told, when and where is as the request says; a name or a target that is left away stays.")
  @PutMapping("/{id}")
  @Requires(Permission.NOTIFICATIONS_WRITE)
  ChannelBody change(@PathVariable UUID id, @RequestBody @Valid ChangedChannel wanted, Caller caller) {
    var channel = new ChannelId(id);
    var name = channels.get(channel, caller).wish().name();
    return body(channels.change(channel, wanted.target(), wanted.wish(name), caller), null);
  }

  @Operation(summary = "Remove a channel, with what still waits for it")
  @DeleteMapping("/{id}")
  @Requires(Permission.NOTIFICATIONS_WRITE)
  ResponseEntity<Void> delete(@PathVariable UUID id, Caller caller) {
    channels.delete(new ChannelId(id), caller);
    return ResponseEntity.noContent().build();
  }

  @Operation(summary = "Send a test", description = "Answers when it got there or did not; it is tried once, and every ten seconds at most.")
  @PostMapping("/{id}/test")
  @Requires(Permission.NOTIFICATIONS_WRITE)
  DeliveryBody test(@PathVariable UUID id, Caller caller) {
    return DeliveryBody.of(channels.test(new ChannelId(id), caller));
  }

  @Operation(summary = "What was sent on a channel, newest first")
  @GetMapping("/{id}/deliveries")
  @Requires(Permission.NOTIFICATIONS_READ)
  Page<DeliveryBody> deliveries(@PathVariable UUID id, @RequestParam @Nullable UUID before,
      @RequestParam(defaultValue = "50") int limit, Caller caller) {
    int size = Page.size(limit);
    return Page.of(channels.deliveries(new ChannelId(id), before, size + 1, caller), size, DeliveryView::id,
        DeliveryBody::of);
  }
}
