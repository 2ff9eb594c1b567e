package io.chom.web.support;

import io.chom.accounts.Open;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.servlet.ModelAndView;

/** Draws whatever went wrong, in the design of the other pages, and never with anything from inside. */
@Controller
@RequestMapping("/error")
class ErrorPages implements ErrorController {
  private static final Logger LOG = LoggerFactory.getLogger(ErrorPages.class);
  /** Those with sentences of their own; the others share 400's or 500's. */
  private static final Set<Integer> TOLD = Set.of(400, 403, 404, 405, 429, 500, 503);

  private final Phrasebook phrasebook;

  ErrorPages(Phrasebook phrasebook) {
    this.phrasebook = phrasebook;
  }

  @Open
  @RequestMapping(produces = MediaType.TEXT_HTML_VALUE)
  ModelAndView page(HttpServletRequest request) {
    int status = status(request);
    int told = TOLD.contains(status) ? status : status < 500 ? 400 : 500;
    var words = phrasebook.here();
    var error = new ErrorPage(status, words.say("error." + told + ".title"), words.say("error." + told + ".text"), "/",
        words.say("error.home"), status < 500 || status == 503 ? null : reference(request));
    return new ModelAndView("error/page", Map.of("error", error), HttpStatusCode.valueOf(status));
  }

  @Open
  @RequestMapping
  ResponseEntity<ProblemDetail> problem(HttpServletRequest request) {
    int status = status(request);
    var problem = ProblemDetail.forStatus(status);
    problem.setProperty("code", HttpStatus.valueOf(status).name());
    if (status >= 500 && status != 503) {
      problem.setProperty("reference", reference(request));
    }
    return ResponseEntity.status(status).contentType(MediaType.APPLICATION_PROBLEM_JSON).body(problem);
  }

  private static int status(HttpServletRequest request) {
    var known = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE) instanceof Integer code
        ? HttpStatus.resolve(code)
        : null;
    // somebody who asks for /error itself finds nothing there
    return known == null ? HttpStatus.NOT_FOUND.value() : known.value();
  }

  /** A word by which the reader's page and our log find each other. */
  private static String reference(HttpServletRequest request) {
    String reference = "%08x".formatted(ThreadLocalRandom.current().nextInt());
    LOG.error("Page failed, reference {}: {} {}", reference, request.getMethod(),
        request.getAttribute(RequestDispatcher.ERROR_REQUEST_URI), cause(request));
    return reference;
  }

  private static @Nullable Throwable cause(HttpServletRequest request) {
    return request.getAttribute(RequestDispatcher.ERROR_EXCEPTION) instanceof Throwable cause ? cause : null;
  }
}
