package io.chom.web.support;

import io.chom.accounts.Access;
import io.chom.accounts.Caller;
import io.chom.accounts.SignedIn;
import io.chom.operations.Queue;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.context.i18n.LocaleContextHolder;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.thymeleaf.context.LazyContextVariable;

/** Puts the frame around each page: who reads it, for which tenant, how it looks. */
@ControllerAdvice(annotations = Controller.class)
class FrameAdvice {
  private final Access access;
  private final Queue queue;
  private final Phrasebook phrasebook;

  FrameAdvice(Access access, Queue queue, Phrasebook phrasebook) {
    this.access = access;
    this.queue = queue;
    this.phrasebook = phrasebook;
  }

  /** Lazy, because a fragment has no frame, and then nobody need ask who belongs where. */
  @ModelAttribute("frame")
  LazyContextVariable<Frame> frame(HttpServletRequest request, @Nullable Caller caller) {
    var locale = LocaleContextHolder.getLocale();
    return new LazyContextVariable<>() {
      @Override
      protected Frame loadValue() {
        return frame(request, caller, locale);
      }
    };
  }

  private Frame frame(HttpServletRequest request, @Nullable Caller caller, Locale locale) {
    String path = HerePath.of(request);
    String theme = Preferences.theme(request);
    if (caller == null) {
      return new Frame(path, locale.getLanguage(), theme, null, "", List.of(), null);
    }
    var tenants = access.reachable(caller.user()).stream().map(tenant -> new Frame.Tenant(tenant.id().toString(),
        tenant.name(), tenant.id().equals(caller.tenant()))).toList();
    return new Frame(path, locale.getLanguage(), theme, person(caller.user(), caller.operator(), locale),
        caller.tenantName(), tenants, caller.operator() ? notice(caller, locale) : null);
  }

  /** That something is paused: whoever wonders why nothing happens must not have to look for it. */
  private @Nullable String notice(Caller caller, Locale locale) {
    int paused = queue.pauses(caller.user().userId()).size();
    return paused == 0 ? null : phrasebook.in(locale).say("queue.banner", paused);
  }

  private static Frame.Person person(SignedIn user, boolean operator, Locale locale) {
    return new Frame.Person(user.name(), user.email(), initials(user.name()).toUpperCase(locale), operator);
  }

  static String initials(String name) {
    var words = name.strip().split("\\s+");
    return words[0].isEmpty() ? "?" : first(words[0]) + (words.length == 1 ? "" : first(words[words.length - 1]));
  }

  private static String first(String word) {
    return word.substring(0, word.offsetByCodePoints(0, 1));
  }
}
