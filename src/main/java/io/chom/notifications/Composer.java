package io.chom.notifications;

import io.chom.accounts.Members;
import io.chom.notifications.ChannelRows.Row;
import io.chom.notifications.DeliveryRows.Taken;
import io.chom.tenancy.TenantContext;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.FormatStyle;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.MessageSource;
import org.springframework.stereotype.Component;

/** Puts into words what is to be told, in the language and the time zone of the channel. */
@Component
class Composer {
  /** A digest names so many, and says how many more there were. */
  private static final int NAMED = 100;

  private final NoticeRows notices;
  private final Members members;
  private final MessageSource messages;
  private final String baseUrl;

  Composer(NoticeRows notices, Members members, MessageSource messages, @Value("${chom.base-url}") String baseUrl) {
    this.notices = notices;
    this.members = members;
    this.messages = messages;
    this.baseUrl = baseUrl.endsWith("/") ? baseUrl.substring(0, baseUrl.length() - 1) : baseUrl;
  }

  /** One message for all of these. */
  Message of(Row channel, List<Taken> taken) {
    var first = taken.getFirst();
    return switch (first.kind()) {
      case TEST -> test(channel, first);
      case DIGEST -> digest(channel, first);
      case AT_ONCE -> events(channel, taken);
    };
  }

  private Message test(Row channel, Taken one) {
    return message(channel, one.id(), say(channel, "notify.test.subject", channel.wish().name()),
        List.of(say(channel, "notify.test.text", channel.wish().name())), List.of(), "test",
        Map.of("tenant", tenant(), "channel", channel.wish().name()));
  }

  private Message events(Row channel, List<Taken> taken) {
    var found = notices.named(taken.stream().map(Taken::notice).filter(Objects::nonNull).toList());
    var items = found.stream().map(notice -> item(channel, notice)).toList();
    var first = found.getFirst();
    String subject = found.size() == 1
        ? items.getFirst().title()
        : say(channel, "notify.several.subject", found.size(), members.tenantName());
    return message(channel, id(taken), subject, List.of(), items, first.kind().word(), body(first));
  }

  private Message digest(Row channel, Taken one) {
    var counts = notices.counts(one.after(), one.upto());
    var daily = channel.wish().daily();
    var found = notices.between(one.after(), one.upto(), daily, NAMED);
    int all = daily.stream().mapToInt(kind -> counts.getOrDefault(kind, 0)).sum();
    int made = counts.getOrDefault(NoticeKind.BACKUP_SUCCEEDED, 0);
    int missed = counts.getOrDefault(NoticeKind.RUN_MISSED, 0);
    int failed = counts.getOrDefault(NoticeKind.BACKUP_FAILED, 0);
    int proven = counts.getOrDefault(NoticeKind.BACKUP_PROVEN, 0);
    int broken = counts.getOrDefault(NoticeKind.BACKUP_BROKEN, 0);
    int other = counts.getOrDefault(NoticeKind.OPERATION_FAILED, 0);
    var since = Objects.requireNonNull(one.since());
    var until = Objects.requireNonNull(one.until());
    List<String> lines = new ArrayList<>();
    lines.add(say(channel, "notify.digest.period", time(channel, since), time(channel, until)));
    lines.add(say(channel, "notify.digest.counts", made, missed, failed, proven, broken, other));
    if (all > found.size()) {
      lines.add(say(channel, "notify.digest.more", all - found.size()));
    }
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("tenant", tenant());
    body.put("since", since);
    body.put("until", until);
    body.put("made", made);
    body.put("missed", missed);
    body.put("failed", failed);
    body.put("proven", proven);
    body.put("broken", broken);
    body.put("otherFailed", other);
    body.put("events", found.stream().map(this::body).toList());
    return message(channel, one.id(),
        say(channel, "notify.digest.subject", members.tenantName(), missed + failed + broken + other), lines,
        found.stream().map(notice -> item(channel, notice)).toList(), "digest", body);
  }

  private Message message(Row channel, UUID id, String subject, List<String> lines, List<Message.Item> items,
      String type, Map<String, Object> body) {
    return new Message(id, PlainText.line(subject, 200), lines, items,
        say(channel, channel.owner() == null ? "notify.why.shared" : "notify.why.own", channel.wish().name(),
            members.tenantName()),
        baseUrl + "/notifications", type, body);
  }

  private Message.Item item(Row channel, Notice notice) {
    String title = say(channel, "notify.event." + notice.kind().key(), notice.subjectLabel(), about(channel, notice));
    var due = notice.dueAt();
    String detail = due != null ? say(channel, "notify.due", time(channel, due)) : notice.detail();
    return new Message.Item(title, detail.isEmpty() ? null : detail, link(notice));
  }

  private String about(Row channel, Notice notice) {
    String known = messages.getMessage("operation.type." + notice.about(), null, null, channel.wish().locale());
    return known == null ? notice.about() : known;
  }

  /** As a program reads it. */
  private Map<String, Object> body(Notice notice) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("id", notice.id());
    body.put("event", notice.kind().word());
    body.put("tenant", tenant());
    body.put("at", notice.at());
    body.put("subject",
        Map.of("kind", notice.subjectKind(), "id", notice.subject(), "label", notice.subjectLabel()));
    body.put("about", notice.about());
    putIfThere(body, "operation", notice.operation());
    putIfThere(body, "dueAt", notice.dueAt());
    body.put("detail", notice.detail());
    body.put("url", link(notice));
    return body;
  }

  private static void putIfThere(Map<String, Object> body, String name, @Nullable Object value) {
    if (value != null) {
      body.put(name, value);
    }
  }

  private String link(Notice notice) {
    var operation = notice.operation();
    if (notice.subjectKind().equals("site") && notice.kind() != NoticeKind.OPERATION_FAILED) {
      return baseUrl + "/sites/" + notice.subject() + "#backups";
    }
    return operation == null ? baseUrl + "/operations" : baseUrl + "/operations/" + operation;
  }

  private String time(Row channel, Instant at) {
    return DateTimeFormatter.ofLocalizedDateTime(FormatStyle.MEDIUM, FormatStyle.SHORT)
        .withLocale(channel.wish().locale()).withZone(channel.wish().zoneId()).format(at) + " "
        + channel.wish().zone();
  }

  private String say(Row channel, String key, Object... args) {
    return messages.getMessage(key, args, channel.wish().locale());
  }

  /** The same for the same ones. */
  private static UUID id(List<Taken> taken) {
    return taken.size() == 1
        ? taken.getFirst().id()
        : UUID.nameUUIDFromBytes(taken.stream().map(one -> one.id().toString()).sorted()
            .collect(Collectors.joining(",")).getBytes(StandardCharsets.UTF_8));
  }

  private static UUID tenant() {
    return TenantContext.current().value();
  }
}
