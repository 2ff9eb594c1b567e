package io.chom.metrics;

import io.chom.common.ChomException;

/** Nothing of that kind is measured there, or not any more. */
public class ScrapeTargetNotFound extends ChomException {
  ScrapeTargetNotFound(String job, String server, String tenant) {
    super("There is no target " + job + "/" + server + "/" + tenant + "; ask for the targets again", null);
  }

  @Override
  public String code() {
    return "SCRAPE_TARGET_NOT_FOUND";
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
