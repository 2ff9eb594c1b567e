package io.chom.web.support;

import java.util.regex.Pattern;

/** A place on this panel to go back to; anything that could lead elsewhere becomes the overview. */
public final class HerePath {
  // one slash, then what a path may hold: no second slash or backslash first, no scheme, no control characters
  private static final Pattern SAFE = Pattern.compile("/(?![/\\\\])[A-Za-z0-9._~!$&'()*+,;=:@%/?-]{0,2000}");

  private HerePath() {}

  public static String of(String wanted) {
    return SAFE.matcher(wanted).matches() ? wanted : "/";
  }
}
