package io.chom.web.queue;

import io.chom.accounts.Permission;
import io.chom.operations.Topics;
import io.chom.tenancy.TenantId;
import io.chom.web.live.LiveEvent;
import io.chom.web.live.LiveState;
import io.chom.web.live.LiveView;
import io.chom.web.support.Words;
import org.springframework.stereotype.Component;

/** Has the page of the queue read again when it moves; every node rings at least with each heartbeat. */
@Component
class LiveQueue implements LiveView {
  @Override
  public boolean knows(String topic) {
    return topic.equals(Topics.QUEUE);
  }

  @Override
  public TenantId owner(TenantId current) {
    return TenantId.PLATFORM;
  }

  @Override
  public Permission needs() {
    return Permission.FLEET_READ;
  }

  @Override
  public LiveState look(String topic, boolean changed, Words words) {
    return changed ? LiveState.lasting(LiveEvent.lookAgain(Topics.QUEUE)) : LiveState.lasting();
  }
}
