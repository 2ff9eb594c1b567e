package io.chom.web.support;

import io.chom.common.ChomException;
import java.math.RoundingMode;
import java.text.NumberFormat;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.FormatStyle;
import java.util.Locale;
import java.util.Objects;
import org.springframework.context.MessageSource;

/** Says things in one reader's language: sentences, times and amounts, as of one moment. */
public final class Words {
  private final MessageSource messages;
  private final Locale locale;
  private final Instant now;

  Words(MessageSource messages, Locale locale, Instant now) {
    this.messages = messages;
    this.locale = locale;
    this.now = now;
  }

  public Locale locale() {
    return locale;
  }

  public String say(String key, Object... args) {
    return messages.getMessage(key, args, locale);
  }

  /** The sentence by that key, or the given one where there is none. */
  public String sayOr(String key, String otherwise) {
    String said = messages.getMessage(key, null, null, locale);
    return said == null ? otherwise : said;
  }

  /** Why something was refused: our sentence for its code, or else what it says itself. */
  public String refusal(String prefix, ChomException e) {
    return sayOr(prefix + e.code(), Objects.requireNonNullElseGet(e.getMessage(), e::code));
  }

  public Moment moment(Instant at) {
    var exact = DateTimeFormatter.ofLocalizedDateTime(FormatStyle.MEDIUM).withLocale(locale)
        .withZone(ZoneOffset.UTC);
    return new Moment(at.toString(), exact.format(at) + " UTC", relative(at));
  }

  /** A date alone, such as the day a certificate ends. */
  public String date(Instant at) {
    return DateTimeFormatter.ofLocalizedDate(FormatStyle.MEDIUM).withLocale(locale).withZone(ZoneOffset.UTC)
        .format(at);
  }

  private String relative(Instant at) {
    long seconds = Duration.between(at, now).toSeconds();
    String way = seconds < 0 ? "in-" : "";
    String end = seconds < 0 ? "" : "-ago";
    long apart = Math.abs(seconds);
    if (apart < 5) {
      return say("time.now");
    } else if (apart < 60) {
      return say("time." + way + "seconds" + end, apart);
    } else if (apart < 3_600) {
      return say("time." + way + "minutes" + end, apart / 60);
    } else if (apart < 86_400) {
      return say("time." + way + "hours" + end, apart / 3_600);
    }
    return say("time." + way + "days" + end, apart / 86_400);
  }

  /** How long it has taken until now. */
  public String since(Instant start) {
    return duration(Duration.between(start, now));
  }

  public String duration(Duration length) {
    if (length.toMillis() < 1_000) {
      return say("duration.milliseconds", Math.max(0, length.toMillis()));
    } else if (length.toSeconds() < 60) {
      return say("duration.seconds", length.toSeconds());
    } else if (length.toMinutes() < 60) {
      return say("duration.minutes", length.toMinutes(), length.toSecondsPart());
    }
    return say("duration.hours", length.toHours(), length.toMinutesPart());
  }

  public String megabytes(long amount) {
    return amount < 1_024
        ? say("amount.megabytes", amount)
        : say("amount.gigabytes", tenths(amount / 1_024.0));
  }

  /** An amount of data in the unit that suits it. */
  public String bytes(long amount) {
    if (amount < 1_024) {
      return say("amount.bytes", amount);
    } else if (amount < 1_024 * 1_024) {
      return say("amount.kilobytes", tenths(amount / 1_024.0));
    } else if (amount < 1_024L * 1_024 * 1_024) {
      return say("amount.megabytes", tenths(amount / (1_024.0 * 1_024)));
    }
    return say("amount.gigabytes", tenths(amount / (1_024.0 * 1_024 * 1_024)));
  }

  /** One digit after the point, unless it says nothing. */
  private String tenths(double amount) {
    var format = NumberFormat.getInstance(locale);
    format.setMaximumFractionDigits(1);
    format.setRoundingMode(RoundingMode.HALF_UP);
    return format.format(amount);
  }

  public String percent(int amount) {
    return say("amount.percent", amount);
  }

  public String count(long amount) {
    return String.format(locale, "%,d", amount);
  }
}
