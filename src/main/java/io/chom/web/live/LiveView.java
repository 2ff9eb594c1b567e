package io.chom.web.live;

import io.chom.accounts.Permission;
import io.chom.tenancy.TenantId;
import io.chom.web.support.Words;

/** Shows one family of topics to those who watch; the pages of each feature have one. */
public interface LiveView {
  /** Whether it knows this topic. */
  boolean knows(String topic);

  /** Whose things it shows to somebody who works for this tenant. */
  default TenantId owner(TenantId current) {
    return current;
  }

  /** The owner's topic that rings when this one changes. */
  default String bell(String topic) {
    return topic;
  }

  /** What one must be allowed to watch it. */
  Permission needs();

  /**
   * The state as it is now, for the owner. Fails like the page does where there is nothing to see.
   *
   * @param changed false for the first look after connecting
   */
  LiveState look(String topic, boolean changed, Words words);
}
