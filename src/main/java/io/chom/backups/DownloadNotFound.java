package io.chom.backups;

import io.chom.common.ChomException;

/**
 * No such link: it never was, is somebody else's, came with another secret, is over, used up or revoked, or its backup is
 * gone. These cannot be told apart.
 */
public class DownloadNotFound extends ChomException {
  public DownloadNotFound(DownloadId id) {
    super("No download " + id + " that can be opened now; make a new link", null);
  }

  @Override
  public String code() {
    return "DOWNLOAD_NOT_FOUND";
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
