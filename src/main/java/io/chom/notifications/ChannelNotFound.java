package io.chom.notifications;

import io.chom.common.ChomException;

/** There is no such channel, or it is somebody else's. */
public class ChannelNotFound extends ChomException {
  ChannelNotFound(ChannelId id) {
    super("There is no channel " + id, null);
  }

  @Override
  public String code() {
    return "CHANNEL_NOT_FOUND";
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
