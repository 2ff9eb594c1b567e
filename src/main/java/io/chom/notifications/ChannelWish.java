package io.chom.notifications;

import java.time.ZoneId;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What somebody wants to be told on a channel, and when.
 *
 * @param atOnce of what they are told as it happens
 * @param daily of what they are told once a day, together
 * @param zone where their day is
 * @param hour of that day, at which they are told
 */
public record ChannelWish(String name, Set<NoticeKind> atOnce, Set<NoticeKind> daily, String zone, int hour,
    String language, boolean enabled) {
  private static final int LONGEST_NAME = 80;
  private static final Set<String> LANGUAGES = Set.of("en", "de");

  public ChannelWish {
    atOnce = Set.copyOf(atOnce);
    daily = Set.copyOf(daily);
  }

  /** What whoever leads a tenant has without having chosen anything. */
  static ChannelWish usual(String name) {
    return new ChannelWish(name, NoticeKind.FAILURES, Set.of(), "UTC", 8, Locale.ENGLISH.getLanguage(), true);
  }

  /** The kinds by their words, such as {@code backup.failed}. */
  public static Set<NoticeKind> kinds(List<String> words, String field) {
    var kinds = EnumSet.noneOf(NoticeKind.class);
    for (String word : words) {
      kinds.add(NoticeKind.of(word)
          .orElseThrow(() -> new ChannelRefused(ChannelRefused.Reason.EVENT_UNKNOWN, field)));
    }
    return kinds;
  }

  ChannelWish require() {
    if (name.isBlank() || name.length() > LONGEST_NAME || name.chars().anyMatch(Character::isISOControl)) {
      throw new ChannelRefused(ChannelRefused.Reason.NAME_INVALID, "name");
    }
    if (hour < 0 || hour > 23) {
      throw new ChannelRefused(ChannelRefused.Reason.HOUR_INVALID, "hour");
    }
    if (!LANGUAGES.contains(language)) {
      throw new ChannelRefused(ChannelRefused.Reason.LANGUAGE_UNKNOWN, "language");
    }
    if (!ZoneId.getAvailableZoneIds().contains(zone)) {
      throw new ChannelRefused(ChannelRefused.Reason.TIME_ZONE_UNKNOWN, "zone");
    }
    return this;
  }

  ZoneId zoneId() {
    return ZoneId.of(zone);
  }

  Locale locale() {
    return Locale.forLanguageTag(language);
  }
}
