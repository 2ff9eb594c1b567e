package io.chom.backups;

import java.io.IOException;

/** A download ended before its end, after bytes of it went out: whoever gives it must not let it look whole. */
public class DownloadCutOff extends IOException {
  /** Where a controller leaves it, for whoever ends the answer. */
  public static final String ATTRIBUTE = DownloadCutOff.class.getName();

  DownloadCutOff(String why) {
    super(why);
  }
}
