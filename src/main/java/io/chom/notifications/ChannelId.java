package io.chom.notifications;

import io.chom.common.UserId;
import io.chom.common.Uuid7;
import io.chom.tenancy.TenantId;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** Names a channel. */
public record ChannelId(UUID value) {

  static ChannelId fresh() {
    return new ChannelId(Uuid7.next());
  }

  /** One for each person in each tenant, the same whether it was stored or not. */
  static ChannelId ofOwnAddress(TenantId tenant, UserId person) {
    return new ChannelId(
        UUID.nameUUIDFromBytes(("notify:" + tenant.value() + ":" + person.value()).getBytes(StandardCharsets.UTF_8)));
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
