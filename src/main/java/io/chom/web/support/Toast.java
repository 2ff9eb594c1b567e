package io.chom.web.support;

/** A message that comes and goes; the text is already in the reader's language. */
public record Toast(String tone, String icon, String text) {
  public static Toast ok(String text) {
    return new Toast("ok", "circle-check", text);
  }

  public static Toast warn(String text) {
    return new Toast("warn", "alert-triangle", text);
  }

  public static Toast bad(String text) {
    return new Toast("bad", "alert-triangle", text);
  }
}
