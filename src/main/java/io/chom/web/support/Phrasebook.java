package io.chom.web.support;

import java.time.InstantSource;
import java.util.Locale;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.MessageSource;
import org.springframework.context.i18n.LocaleContextHolder;
import org.springframework.stereotype.Component;

/** Hands out words for the reader of the current request, or for one who is not here. */
@Component
public class Phrasebook {
  private final MessageSource messages;
  private final InstantSource clock;

  Phrasebook(MessageSource messages, ObjectProvider<InstantSource> clock) {
    this.messages = messages;
    this.clock = clock.getIfUnique(InstantSource::system);
  }

  public Words here() {
    return in(LocaleContextHolder.getLocale());
  }

  public Words in(Locale locale) {
    return new Words(messages, locale, clock.instant());
  }
}
