package io.chom.web.notifications;

import io.chom.notifications.ChannelKind;
import io.chom.notifications.ChannelRefused;
import io.chom.notifications.ChannelWish;
import io.chom.notifications.NoticeKind;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What was typed to be told something: as it was typed. */
public record ChannelForm(@Nullable String kind, @Nullable Boolean shared, @Nullable String name,
    @Nullable String target, @Nullable List<String> atOnce, @Nullable List<String> daily, @Nullable String zone,
    @Nullable String hour, @Nullable String language, @Nullable Boolean enabled) {

  /** An empty form, with what most people want. */
  static ChannelForm usual(boolean shared, String language) {
    return new ChannelForm(ChannelKind.EMAIL.word(), shared, "", "", words(NoticeKind.FAILURES), List.of(), "UTC", "8",
        language, true);
  }

  /** The address itself is not among it: it is not shown again. */
  static ChannelForm of(ChannelWish wish) {
    return new ChannelForm(null, null, wish.name(), "", words(wish.atOnce()), words(wish.daily()), wish.zone(),
        String.valueOf(wish.hour()), wish.language(), wish.enabled());
  }

  /** @throws ChannelRefused what was typed cannot be */
  ChannelWish toWish() {
    return new ChannelWish(text(name), ChannelWish.kinds(chosen(atOnce), "events"),
        ChannelWish.kinds(chosen(daily), "events"), text(zone), number(), text(language),
        Boolean.TRUE.equals(enabled));
  }

  ChannelKind toKind() {
    return ChannelKind.of(text(kind));
  }

  boolean forAll() {
    return Boolean.TRUE.equals(shared);
  }

  String to() {
    return text(target);
  }

  boolean at(NoticeKind kind) {
    return chosen(atOnce).contains(kind.word());
  }

  boolean in(NoticeKind kind) {
    return chosen(daily).contains(kind.word());
  }

  private int number() {
    try {
      return Integer.parseInt(text(hour));
    } catch (NumberFormatException _) {
      // no hour of a day, which is said as such
      return -1;
    }
  }

  private static List<String> chosen(@Nullable List<String> words) {
    return Objects.requireNonNullElse(words, List.of());
  }

  private static List<String> words(Collection<NoticeKind> kinds) {
    return kinds.stream().sorted().map(NoticeKind::word).toList();
  }

  private static String text(@Nullable String typed) {
    return Objects.requireNonNullElse(typed, "").strip();
  }
}
