package io.chom.jobs;

import io.chom.recovery.ScheduledPanelBackup;
import java.time.Duration;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/** Has the panel copied when that is due. Every node ticks; one of them makes the copy. */
@Component
class PanelBackupClock implements SmartLifecycle {
  private static final Duration EVERY = Duration.ofMinutes(1);

  private final WorkerProperties properties;
  private final Ticker ticker;

  PanelBackupClock(ScheduledPanelBackup backups, WorkerProperties properties) {
    this.properties = properties;
    this.ticker = new Ticker("panel-backup", EVERY, backups::makeIfDue, "The panel is not backed up for now");
  }

  @Override
  public void start() {
    if (properties.enabled()) {
      ticker.start();
    }
  }

  @Override
  public void stop() {
    ticker.stop();
  }

  @Override
  public boolean isRunning() { return ticker.isRunning(); }
}
