package io.chom.web.backups;

import io.chom.accounts.Permission;
import io.chom.backups.BackupTopics;
import io.chom.web.live.LiveEvent;
import io.chom.web.live.LiveState;
import io.chom.web.live.LiveView;
import io.chom.web.support.Words;
import java.util.List;
import org.springframework.stereotype.Component;

/** Says when a list of backups is another one. What a page shows of them is read again, with its filters. */
@Component
class LiveBackups implements LiveView {
  @Override
  public boolean knows(String topic) {
    return topic.equals(BackupTopics.ALL) || topic.equals(BackupTopics.TARGETS);
  }

  @Override
  public Permission needs() {
    return Permission.BACKUPS_READ;
  }

  @Override
  public LiveState look(String topic, boolean changed, Words words) {
    return new LiveState(changed ? List.of(LiveEvent.lookAgain(topic)) : List.of(), false);
  }
}
