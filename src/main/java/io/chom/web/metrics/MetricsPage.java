package io.chom.web.metrics;

import io.chom.web.support.Choice;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How all sites or one are doing, every word ready.
 *
 * @param ranges the choice of how far back, as addresses
 * @param range the chosen one
 * @param here its own address, to be read again
 */
public record MetricsPage(List<Choice> ranges, String range, List<Choice> sites, String here, List<Card> cards) {
  /**
   * One panel.
   *
   * @param why why there is nothing, or nothing new; null where all is well
   * @param tone of that sentence
   * @param csv where its values are to be had as a table; null without any
   */
  public record Card(String id, String title, @Nullable String why, String tone, List<Row> rows, @Nullable String csv,
      List<String> warnings) {}

  /** One curve in three numbers. */
  public record Row(String name, String last, String least, String most) {}
}
