package io.chom.api;

import io.chom.live.LiveEvents;
import io.chom.live.Subscription;
import io.chom.operations.LogChunk;
import io.chom.operations.Operation;
import io.chom.operations.OperationId;
import io.chom.operations.Operations;
import io.chom.operations.Topics;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/**
 * Follows one operation for one reader (WHATWG HTML, server-sent events): {@code status} with the whole operation,
 * first and whenever it changes, {@code output} with a piece of the log, {@code complete} once and last.
 *
 * <p>The id of an event is the offset in the log up to which the reader now has everything, in bytes: whoever comes
 * back with it, to any node, goes on exactly there. What is sent is always read from the table; bells only say when to
 * look.
 */
@Component
class OperationEvents {
  private static final Logger LOG = LoggerFactory.getLogger(OperationEvents.class);
  private static final int PIECES = 64;
  /** The right to read is asked for again at least this often; also catches a lost bell. */
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(4);

  private final Operations operations;
  private final LiveEvents live;

  OperationEvents(Operations operations, LiveEvents live) {
    this.operations = operations;
    this.live = live;
  }

  /**
   * Starts a stream on a thread of its own.
   *
   * @param from bytes of the log the reader has already
   * @param allowed whether the reader still may; the stream ends when not
   */
  SseEmitter follow(TenantId tenant, OperationId id, long from, BooleanSupplier allowed) {
    var emitter = new SseEmitter(0L);
    var gone = new AtomicBoolean();
    emitter.onCompletion(() -> gone.set(true));
    emitter.onError(e -> gone.set(true));
    emitter.onTimeout(() -> gone.set(true));
    Thread.ofVirtual().name("operation-events-" + id).start(() -> TenantContext.runAs(tenant, () -> {
      try (var bell = live.subscribe(tenant, Set.of(Topics.operation(id)))) {
        new Reader(emitter, id, from).send(bell, gone, allowed);
        emitter.complete();
      } catch (IOException _) {
        // the reader has left: the container ends the request, and telling it once more disturbs whatever it does next
      } catch (IllegalStateException _) {
        if (!gone.get()) {
          emitter.complete();
        }
      } catch (InterruptedException e) {
        emitter.complete();
      } catch (RuntimeException e) {
        LOG.warn("The stream of operation {} ended, its reader comes back: {}", id, e.getMessage());
        emitter.complete();
      }
    }));
    return emitter;
  }

  private final class Reader {
    private final SseEmitter emitter;
    private final OperationId id;
    private long offset;
    private String shown = "";

    Reader(SseEmitter emitter, OperationId id, long from) {
      this.emitter = emitter;
      this.id = id;
      this.offset = from;
    }

    void send(Subscription bell, AtomicBoolean gone, BooleanSupplier allowed) throws IOException, InterruptedException {
      while (!gone.get() && !bell.ended() && allowed.getAsBoolean()) {
        // the operation first: a log read afterwards is at least as long as the operation says
        var operation = operations.get(id);
        status(operation);
        var pieces = operations.log(id, offset, PIECES);
        for (var piece : pieces) {
          output(piece);
        }
        if (operation.status().ended() && offset >= operation.logLength()) {
          emitter.send(event("complete").data(OperationBody.of(operation), MediaType.APPLICATION_JSON));
          return;
        }
        if (pieces.isEmpty() && bell.await(LOOK_AGAIN).isEmpty()) {
          emitter.send(SseEmitter.event().comment("still here"));
        }
      }
    }

    private void status(Operation operation) throws IOException {
      var body = OperationBody.of(operation);
      if (!body.toString().equals(shown)) {
        emitter.send(event("status").data(body, MediaType.APPLICATION_JSON));
        shown = body.toString();
      }
    }

    private void output(LogChunk piece) throws IOException {
      var text = piece.from() >= offset ? piece.text() : rest(piece);
      offset = piece.next();
      emitter.send(event("output").data(Map.of("data", text), MediaType.APPLICATION_JSON));
    }

    private String rest(LogChunk piece) {
      byte[] bytes = piece.text().getBytes(StandardCharsets.UTF_8);
      int skipped = (int) (offset - piece.from());
      return new String(bytes, skipped, bytes.length - skipped, StandardCharsets.UTF_8);
    }

    private SseEmitter.SseEventBuilder event(String name) {
      return SseEmitter.event().id(Long.toString(offset)).name(name);
    }
  }
}
