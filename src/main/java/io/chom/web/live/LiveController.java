package io.chom.web.live;

import io.chom.accounts.Access;
import io.chom.accounts.Caller;
import io.chom.accounts.Requires;
import io.chom.tenancy.TenantContext;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.context.i18n.LocaleContextHolder;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** Keeps an open page true: one stream per tab, with all the topics it shows. */
@Controller
class LiveController {
  private static final int MOST_TOPICS = 20;

  private final List<LiveView> views;
  private final LiveStreams streams;
  private final Access access;

  LiveController(List<LiveView> views, LiveStreams streams, Access access) {
    this.views = views;
    this.streams = streams;
    this.access = access;
  }

  @Requires
  @GetMapping(path = "/live", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
  @Nullable
  SseEmitter watch(@RequestParam Set<String> topics, Caller caller,
      @RequestHeader(name = "Last-Event-ID", required = false) @Nullable String last, HttpServletResponse response)
      throws IOException {
    var known = known(topics);
    var owners = known.values().stream().map(view -> view.owner(TenantContext.current())).distinct().toList();
    if (known.size() != topics.size() || topics.size() > MOST_TOPICS || owners.size() != 1) {
      response.sendError(HttpStatus.NOT_FOUND.value());
      return null;
    }
    var tenant = owners.getFirst();
    // a proxy that gathers answers would make live late
    response.setHeader("X-Accel-Buffering", "no");
    response.setHeader("Cache-Control", "no-store");
    return streams.open(new LiveStreams.Watch(tenant, known, LocaleContextHolder.getLocale(), last != null,
        () -> known.values().stream().allMatch(view -> access.stillAllowed(caller, view.needs()))));
  }

  private Map<String, LiveView> known(Set<String> topics) {
    var known = new LinkedHashMap<String, LiveView>();
    for (String topic : topics) {
      views.stream().filter(view -> view.knows(topic)).findFirst().ifPresent(view -> known.put(topic, view));
    }
    return known;
  }
}
