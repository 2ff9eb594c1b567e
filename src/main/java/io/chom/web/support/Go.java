package io.chom.web.support;

import io.github.wimdeblauwe.htmx.spring.boot.mvc.HtmxRequest;

/** Leads the reader to another page after a form, with and without script. */
public final class Go {
  private Go() {}

  /** The view name that leads there. A fragment's request must load a whole page, not swap one in. */
  public static String to(HtmxRequest request, String path) {
    return (request.isHtmxRequest() ? "redirect:htmx:" : "redirect:") + path;
  }
}
