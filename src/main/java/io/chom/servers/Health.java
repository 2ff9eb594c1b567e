package io.chom.servers;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What is remembered of a server's probes.
 *
 * @param recent the last probes, oldest first: {@code +} answered, {@code -} failed
 * @param agent what the agent last said of itself
 * @param offeredKey the fingerprint it shows instead of the approved one
 * @param offeredAlgorithm that key's type
 * @param before the status it had before it showed another key
 */
record Health(String recent, @Nullable JsonNode agent, @Nullable String offeredKey, @Nullable String offeredAlgorithm,
    @Nullable ServerStatus before) {
  static final Health NONE = new Health("", null, null, null, null);
  /** Probes in a row that must be answered before an unreachable server counts as ready. */
  private static final String BACK = "++";
  private static final String LOST = "---";

  Health {
    // read back, an agent that has never answered is JSON's own null
    agent = agent == null || agent.isNull() ? null : agent;
  }

  Health answered(JsonNode data, int kept) {
    return new Health(last(recent + "+", kept), data, offeredKey, offeredAlgorithm, before);
  }

  Health failed(int kept) {
    return new Health(last(recent + "-", kept), agent, offeredKey, offeredAlgorithm, before);
  }

  Health shows(String fingerprint, String algorithm, @Nullable ServerStatus was) {
    return new Health(recent, agent, fingerprint, algorithm, was);
  }

  /** Old failures count no more. */
  Health forgiven() {
    return new Health("", agent, null, null, null);
  }

  boolean failedTooOften(int failures) {
    return recent.chars().filter(probe -> probe == '-').count() >= failures;
  }

  /** Whether the last looks all failed. */
  boolean lost() {
    return recent.endsWith(LOST);
  }

  boolean back() {
    return recent.endsWith(BACK);
  }

  private static String last(String text, int kept) {
    int length = Math.max(kept, LOST.length());
    return text.length() <= length ? text : text.substring(text.length() - length);
  }
}
