package io.chom.notifications;

import io.chom.notifications.ChannelRows.Row;

/** Gets a message to where a channel leads. Blocks for a bounded time; call it outside any transaction. */
interface Courier {
  boolean serves(ChannelKind kind);

  /**
   * @param address where mail goes; empty for the rest, whose address is in the row
   * @throws NotDelivered it did not get there, as far as is known
   */
  void deliver(Row channel, String address, Message message);
}
