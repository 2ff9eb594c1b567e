package io.chom.web.notifications;

import io.chom.accounts.Caller;
import io.chom.accounts.Permission;
import io.chom.notifications.ChannelKind;
import io.chom.notifications.ChannelView;
import io.chom.notifications.Channels;
import io.chom.notifications.DeliveryView;
import io.chom.notifications.NoticeKind;
import io.chom.web.support.Badge;
import io.chom.web.support.Choice;
import io.chom.web.support.Faults;
import io.chom.web.support.Pager;
import io.chom.web.support.Words;
import java.time.ZoneId;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Assembles the pages of channels. */
@Component
class ChannelPages {
  static final String HERE = "/notifications";
  private static final int A_PAGE = 20;
  private static final List<String> ZONES = ZoneId.getAvailableZoneIds().stream()
      .filter(zone -> zone.matches("(Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)/.*|UTC"))
      .sorted().toList();

  private final Channels channels;

  ChannelPages(Channels channels) {
    this.channels = channels;
  }

  ChannelsPage list(Caller caller, Words words) {
    var all = channels.list(caller);
    var shared = caller.can(Permission.NOTIFICATIONS_MANAGE)
        ? all.stream().filter(view -> view.owner() == null).map(view -> line(view, words)).toList()
        : null;
    return new ChannelsPage(!channels.mailConfigured(), caller.tenantName(),
        all.stream().filter(view -> view.owner() != null).map(view -> line(view, words)).toList(), shared);
  }

  /** One that is to be. */
  ChannelPage fresh(ChannelForm form, Faults faults, Caller caller, Words words) {
    var kinds = Stream.of(ChannelKind.values()).map(kind -> new Choice(kind.word(),
        words.say("notifications.kind." + kind.word()), kind.word().equals(form.kind()))).toList();
    return new ChannelPage(words.say("notifications.new"), null, HERE, form, faults, !channels.mailConfigured(), kinds,
        caller.can(Permission.NOTIFICATIONS_MANAGE), false, "", events(form, words), hours(form), languages(form),
        ZONES, null, null, List.of(), new Pager(null, null));
  }

  /**
   * @param form what was typed; null for what is stored
   * @param secret to be shown this once
   * @param before where the list of deliveries goes on
   */
  ChannelPage page(ChannelView view, @Nullable ChannelForm typed, Faults faults, @Nullable String secret,
      @Nullable UUID before, Caller caller, Words words) {
    var here = HERE + "/" + view.id();
    var form = typed == null ? ChannelForm.of(view.wish()) : typed;
    var read = channels.deliveries(view.id(), before, A_PAGE + 1, caller);
    var shown = read.size() > A_PAGE ? read.subList(0, A_PAGE) : read;
    var digest = view.digestAt();
    return new ChannelPage(view.wish().name(), line(view, words), here, form, faults,
        view.kind() == ChannelKind.EMAIL && !channels.mailConfigured(), List.of(), false, view.ownAddress(),
        view.target(), events(form, words), hours(form), languages(form), ZONES,
        digest == null ? null : words.moment(digest), secret,
        shown.stream().map(one -> delivery(one, words)).toList(), new Pager(before == null ? null : here,
            read.size() > A_PAGE ? here + "?before=" + shown.getLast().id() : null));
  }

  /** What came of a test. */
  String told(DeliveryView test, Words words) {
    return switch (test.status()) {
      case SENT -> words.say("notifications.test.sent");
      case WAITING -> words.say("notifications.test.waiting");
      case FAILED -> words.say("notifications.test.failed", error(test.error(), test.errorDetail(), words));
    };
  }

  private static ChannelsPage.Line line(ChannelView view, Words words) {
    var wish = view.wish();
    var tells = Stream.of(tells("at-once", wish.atOnce(), words), tells("daily", wish.daily(), words))
        .filter(text -> !text.isEmpty()).toList();
    var sent = view.sentAt();
    var error = view.error() == null ? null : error(view.error(), view.errorDetail(), words);
    return new ChannelsPage.Line(wish.name(), view.target(), words.say("notifications.kind." + view.kind().word()),
        tells.isEmpty() ? List.of(words.say("notifications.tells.nothing")) : tells, state(view, words), error,
        sent == null ? null : words.moment(sent), HERE + "/" + view.id());
  }

  private static String tells(String when, Collection<NoticeKind> kinds, Words words) {
    return kinds.isEmpty()
        ? ""
        : words.say("notifications.tells." + when, kinds.stream().sorted()
            .map(kind -> words.say("notifications.short." + kind.key())).collect(Collectors.joining(", ")));
  }

  private static Badge state(ChannelView view, Words words) {
    if (!view.wish().enabled()) {
      return new Badge("quiet", words.say("notifications.state.off"));
    } else if (view.error() != null) {
      return new Badge("bad", words.say("notifications.state.fails"));
    }
    return view.sentAt() == null
        ? new Badge("quiet", words.say("notifications.state.unused"))
        : new Badge("ok", words.say("notifications.state.works"));
  }

  private static ChannelPage.Delivery delivery(DeliveryView view, Words words) {
    var next = view.nextTryAt();
    return new ChannelPage.Delivery(what(view, words), state(view, words),
        view.error() == null ? null : error(view.error(), view.errorDetail(), words),
        next == null || view.attempts() == 0 ? null : words.moment(next), view.attempts(),
        words.moment(view.createdAt()));
  }

  private static String what(DeliveryView view, Words words) {
    var event = view.event();
    return event == null
        ? words.say("notifications.delivery." + view.kind().name().toLowerCase(Locale.ROOT))
        : words.say("notifications.delivery.about", view.subject(),
            words.say("notifications.short." + event.key()));
  }

  private static Badge state(DeliveryView view, Words words) {
    return switch (view.status()) {
      case SENT -> new Badge("ok", words.say("notifications.delivery.status.sent"));
      case FAILED -> new Badge("bad", words.say("notifications.delivery.status.failed"));
      case WAITING -> view.attempts() == 0
          ? new Badge("busy", words.say("notifications.delivery.status.waiting"))
          : new Badge("warn", words.say("notifications.delivery.status.again"));
    };
  }

  private static String error(@Nullable String code, @Nullable String detail, Words words) {
    if (code == null) {
      return "";
    }
    var sentence = words.sayOr("notifications.error." + code.toLowerCase(Locale.ROOT).replace('_', '-'), code);
    return detail == null || detail.isEmpty() ? sentence : sentence + " (" + detail + ")";
  }

  private static List<ChannelPage.Event> events(ChannelForm form, Words words) {
    return Stream.of(NoticeKind.values()).map(kind -> new ChannelPage.Event(kind.word(),
        words.say("notifications.event." + kind.key()), form.at(kind), form.in(kind))).toList();
  }

  private static List<Choice> hours(ChannelForm form) {
    return IntStream.range(0, 24).mapToObj(hour -> new Choice(String.valueOf(hour),
        String.format(Locale.ROOT, "%02d:00", hour), String.valueOf(hour).equals(form.hour()))).toList();
  }

  private static List<Choice> languages(ChannelForm form) {
    return List.of(new Choice("en", "English", "en".equals(form.language())),
        new Choice("de", "Deutsch", "de".equals(form.language())));
  }
}
