package io.chom.web.support;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.springframework.stereotype.Component;
import org.thymeleaf.ITemplateEngine;
import org.thymeleaf.TemplateSpec;
import org.thymeleaf.context.Context;
import org.thymeleaf.templatemode.TemplateMode;

/** Renders a part of a template outside of a request, so that streams send what pages are made of. */
@Component
public class Fragments {
  private final ITemplateEngine engine;

  Fragments(ITemplateEngine engine) {
    this.engine = engine;
  }

  /** The named fragment on one line, as an event stream wants it. */
  public String render(String template, String fragment, Locale locale, Map<String, Object> model) {
    var spec = new TemplateSpec(template, Set.of(fragment), TemplateMode.HTML, null);
    return engine.process(spec, new Context(locale, model)).replaceAll("\\s*\\R\\s*", " ").strip();
  }
}
