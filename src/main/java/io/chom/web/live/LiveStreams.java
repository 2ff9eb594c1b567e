package io.chom.web.live;

import io.chom.common.ChomException;
import io.chom.live.LiveEvents;
import io.chom.live.Subscription;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import io.chom.web.support.Phrasebook;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/**
 * Streams of state. Each begins with the whole truth, goes on with what changes, not more than four times a second, and
 * ends when nothing can change any more or the right to look is withdrawn. A thread of its own serves each, so that a
 * slow reader waits alone.
 */
@Component
class LiveStreams {
  private static final Logger LOG = LoggerFactory.getLogger(LiveStreams.class);
  /** How often the right to look is asked for again at least. */
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(4);
  /** Three looks without a change: proxies and browsers must not think that nobody is there. */
  private static final int QUIET_LOOKS = 3;
  private static final Duration PAUSE = Duration.ofMillis(250);

  private final LiveEvents live;
  private final Phrasebook phrasebook;

  LiveStreams(LiveEvents live, Phrasebook phrasebook) {
    this.live = live;
    this.phrasebook = phrasebook;
  }

  /**
   * What one tab watches.
   *
   * @param again whether it has been connected before and so may have missed something
   */
  record Watch(TenantId tenant, Map<String, LiveView> topics, Locale locale, boolean again, BooleanSupplier allowed) {
    Set<String> bells() {
      return topics.entrySet().stream().map(Watch::bell).collect(Collectors.toSet());
    }

    /** The topics that such bells ring for. */
    Set<String> heardBy(Set<String> bells) {
      return topics.entrySet().stream().filter(topic -> bells.contains(bell(topic))).map(Map.Entry::getKey)
          .collect(Collectors.toSet());
    }

    private static String bell(Map.Entry<String, LiveView> topic) {
      return topic.getValue().bell(topic.getKey());
    }
  }

  SseEmitter open(Watch watch) {
    var emitter = new SseEmitter(0L);
    var gone = new AtomicBoolean();
    emitter.onCompletion(() -> gone.set(true));
    emitter.onTimeout(() -> gone.set(true));
    emitter.onError(e -> gone.set(true));
    Thread.ofVirtual().name("live").start(() -> TenantContext.runAs(watch.tenant(), () -> serve(watch, emitter, gone)));
    return emitter;
  }

  private void serve(Watch watch, SseEmitter emitter, AtomicBoolean gone) {
    // subscribed before the first look, so that nothing falls between the two
    try (var bell = live.subscribe(watch.tenant(), watch.bells())) {
      new Stream(watch, emitter).run(bell, gone);
      emitter.complete();
    } catch (IOException _) {
      // the reader has left: the container ends the request, and telling it once more disturbs whatever it does next
    } catch (IllegalStateException _) {
      if (!gone.get()) {
        emitter.complete();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      emitter.complete();
    } catch (ChomException e) {
      // what was watched is not there for this reader
      emitter.complete();
    } catch (RuntimeException e) {
      LOG.warn("A live stream ended, its reader comes back: {}", e.toString());
      emitter.complete();
    }
  }

  private final class Stream {
    private final Watch watch;
    private final SseEmitter emitter;
    private final Set<String> ended = new HashSet<>();
    private final Set<String> drifting = new HashSet<>();
    private final Map<String, String> shown = new HashMap<>();
    private long number;

    Stream(Watch watch, SseEmitter emitter) {
      this.watch = watch;
      this.emitter = emitter;
    }

    void run(Subscription bell, AtomicBoolean gone) throws IOException, InterruptedException {
      var changed = watch.topics().keySet();
      boolean first = !watch.again();
      int quiet = 0;
      while (!gone.get() && !bell.ended() && watch.allowed().getAsBoolean()) {
        send(changed, !first);
        drift(changed);
        first = false;
        if (ended.size() == watch.topics().size()) {
          emitter.send(SseEmitter.event().name("closed").data("end"));
          return;
        }
        quiet = changed.isEmpty() ? quiet + 1 : 0;
        if (quiet == QUIET_LOOKS) {
          emitter.send(SseEmitter.event().comment("still here"));
          quiet = 0;
        }
        Thread.sleep(PAUSE);
        changed = watch.heardBy(bell.await(LOOK_AGAIN));
      }
    }

    /** Shows what has moved by itself. */
    private void drift(Set<String> seen) throws IOException {
      var words = phrasebook.in(watch.locale());
      for (String topic : Set.copyOf(drifting)) {
        var view = watch.topics().get(topic);
        if (view == null || seen.contains(topic)) {
          continue;
        }
        var state = view.look(topic, false, words);
        for (var event : state.events()) {
          if (!event.html().equals(shown.get(event.name()))) {
            emitter.send(SseEmitter.event().id(Long.toString(++number)).name(event.name()).data(event.html()));
          }
        }
        mark(topic, state);
      }
    }

    private void mark(String topic, LiveState state) {
      if (state.ended()) {
        ended.add(topic);
      }
      if (state.drifts()) {
        drifting.add(topic);
        state.events().forEach(event -> shown.put(event.name(), event.html()));
      } else {
        drifting.remove(topic);
      }
    }

    private void send(Set<String> topics, boolean changed) throws IOException {
      var words = phrasebook.in(watch.locale());
      for (String topic : topics) {
        var view = watch.topics().get(topic);
        if (view == null) {
          continue;
        }
        var state = view.look(topic, changed, words);
        for (var event : state.events()) {
          emitter.send(SseEmitter.event().id(Long.toString(++number)).name(event.name()).data(event.html()));
        }
        mark(topic, state);
      }
    }
  }
}
