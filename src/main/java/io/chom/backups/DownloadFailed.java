package io.chom.backups;

import io.chom.common.ChomException;
import io.chom.servers.QuestionRefused;

/** The server of a backup cannot give it, and nothing was given yet; in the words of its agent. */
public class DownloadFailed extends ChomException {
  private final String code;

  DownloadFailed(QuestionRefused refused) {
    super(String.valueOf(refused.getMessage()), refused);
    this.code = refused.code();
  }

  @Override
  public String code() {
    return code;
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
