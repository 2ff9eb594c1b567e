package io.chom.web.support;

import java.util.List;
import java.util.Map;

/**
 * What is wrong with a form, in the reader's language.
 *
 * @param general what belongs to no single field
 */
public record Faults(List<String> general, Map<String, List<String>> byField) {
  public static final Faults NONE = new Faults(List.of(), Map.of());

  /** One thing wrong with one field. */
  public static Faults at(String field, String sentence) {
    return new Faults(List.of(), Map.of(field, List.of(sentence)));
  }

  /** Something wrong that no field is to blame for. */
  public static Faults general(String sentence) {
    return new Faults(List.of(sentence), Map.of());
  }

  public List<String> of(String field) {
    return byField.getOrDefault(field, List.of());
  }

  public boolean none() {
    return general.isEmpty() && byField.isEmpty();
  }
}
