package io.chom.servers;

import io.chom.common.Uuid7;
import java.util.UUID;

/** Names one server of the fleet. */
public record ServerId(UUID value) {
  static ServerId fresh() {
    return new ServerId(Uuid7.next());
  }

  static ServerId of(String text) {
    return new ServerId(UUID.fromString(text));
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
