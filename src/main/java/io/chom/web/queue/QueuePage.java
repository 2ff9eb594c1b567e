package io.chom.web.queue;

import io.chom.web.support.Badge;
import io.chom.web.support.Choice;
import io.chom.web.support.Figure;
import io.chom.web.support.Moment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The queue, every word ready. */
public record QueuePage(List<Figure> figures, List<Paused> pauses, List<ShareRow> lanes, List<ShareRow> servers,
    List<ShareRow> tenants, List<EntryRow> running, List<EntryRow> waiting, @Nullable String more, List<NodeRow> nodes,
    List<Choice> scopes, List<String> faults) {

  /** Something an operator paused; {@code scope} is what the form sends to resume it. */
  public record Paused(String scope, String title, String text) {}

  /** @param scope what the form sends to pause it; null where that cannot be paused, or is */
  public record ShareRow(String name, String waiting, String running, String oldest, @Nullable String scope,
      boolean paused) {}

  /**
   * @param href null where the reader works for another tenant
   * @param why why it waits, or who works on it until when
   */
  public record EntryRow(@Nullable String href, String title, String subject, String tenant, String server, Badge state,
      String why, String lane, Moment since) {}

  /** @param action the path of the form that drains it or lets it work again */
  public record NodeRow(String host, String id, String version, Badge state, String places, Moment started,
      Moment heard, @Nullable String note, String action, boolean draining) {}
}
