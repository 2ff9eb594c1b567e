package io.chom.api;

import io.chom.accounts.Caller;
import io.chom.api.IdempotencyKeys.Known;
import io.chom.api.IdempotencyKeys.Known.Answered;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.util.ContentCachingResponseWrapper;
import tools.jackson.databind.ObjectMapper;

/**
 * Answers a POST with an {@code Idempotency-Key} that was answered before with the same answer, and does nothing again
 * (draft-ietf-httpapi-idempotency-key-header). Stands behind sign-in: keys belong to a caller in a tenant.
 */
@Component
@Order(0)
class IdempotentPosts extends OncePerRequestFilter {
  static final String HEADER = "Idempotency-Key";
  private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e]{1,200}");
  /** Their bodies or answers hold secrets, of which not even a hash is kept; an enrolment is approved, and a
   * password shown, only once anyway. */
  private static final Pattern SECRET = Pattern
      .compile(
          "/api/v1/(tokens|server-enrolments|backup-targets|notification-channels$|sites/[^/]+/databases/[^/]+/password$"
              + "|sites/[^/]+/backups/[^/]+/downloads$)");
  private static final int LONGEST_BODY = 256 * 1024;

  private final SameRequests same;
  private final ObjectMapper json;

  IdempotentPosts(SameRequests same, ObjectMapper json) {
    this.same = same;
    this.json = json;
  }

  @Override
  protected boolean shouldNotFilter(HttpServletRequest request) {
    // as controllers are found, decoded: /api/v1/%74okens makes tokens too
    String path = request.getServletPath();
    return !request.getMethod().equals("POST") || !path.startsWith("/api/v1/") || SECRET.matcher(path).lookingAt()
        || request.getHeader(HEADER) == null || !(request.getAttribute(Caller.class.getName()) instanceof Caller);
  }

  @Override
  protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    String key = request.getHeader(HEADER);
    if (!KEY.matcher(key).matches()) {
      problem(response, HttpStatus.BAD_REQUEST, "IDEMPOTENCY_KEY_INVALID",
          "An Idempotency-Key has 1 to 200 visible ASCII characters; a random UUID is a good one");
      return;
    }
    byte[] body = request.getInputStream().readNBytes(LONGEST_BODY + 1);
    if (body.length > LONGEST_BODY) {
      problem(response, HttpStatus.CONTENT_TOO_LARGE, "BODY_TOO_LARGE", "A request body has at most 256 KiB");
      return;
    }
    var caller = (Caller) request.getAttribute(Caller.class.getName());
    var asked = new SameRequests.Asked(caller.tenant(), caller.counted(), key, hash(request, body));
    var others = same.lead(asked, () -> answer(new RepeatableRequest(request, body), response, chain, asked));
    switch (others) {
      case SameRequests.Lead.Mine _ -> {
      }
      case SameRequests.Lead.Theirs(var answered) -> replay(response, answered);
      case SameRequests.Lead.Waited _ -> inUse(response);
    }
  }

  /** What was answered and may be repeated; null for a refusal, which may be asked again. */
  private @Nullable Answered answer(RepeatableRequest request, HttpServletResponse response, FilterChain chain,
      SameRequests.Asked asked) throws ServletException, IOException {
    return switch (same.begin(asked)) {
      case Known.Fresh _ -> carryOut(request, response, chain, asked);
      case Known.Answered answered -> {
        replay(response, answered);
        yield answered;
      }
      case Known.UnderWay _ -> {
        inUse(response);
        yield null;
      }
      case Known.Other _ -> {
        problem(response, HttpStatus.UNPROCESSABLE_CONTENT, "IDEMPOTENCY_KEY_REUSED",
            "This key was used for another request; choose a new one for each new request");
        yield null;
      }
    };
  }

  private void inUse(HttpServletResponse response) throws IOException {
    response.setHeader("Retry-After", "1");
    problem(response, HttpStatus.CONFLICT, "IDEMPOTENCY_KEY_IN_USE",
        "The first request with this key is still being answered; ask again in a second");
  }

  private @Nullable Answered carryOut(HttpServletRequest request, HttpServletResponse response, FilterChain chain,
      SameRequests.Asked asked) throws ServletException, IOException {
    var kept = new ContentCachingResponseWrapper(response);
    Answered answered = null;
    boolean done = false;
    try {
      chain.doFilter(request, kept);
      done = true;
    } finally {
      // a refusal did nothing and may be asked again once its reason is mended
      if (done && kept.getStatus() < HttpStatus.BAD_REQUEST.value()) {
        answered = new Answered(kept.getStatus(), new String(kept.getContentAsByteArray(), StandardCharsets.UTF_8),
            kept.getHeader(HttpHeaders.LOCATION));
        same.remember(asked, answered);
      } else {
        same.forget(asked);
      }
      kept.copyBodyToResponse();
    }
    return answered;
  }

  private static void replay(HttpServletResponse response, Answered answered) throws IOException {
    response.setStatus(answered.status());
    response.setHeader("Idempotency-Replayed", "true");
    if (answered.location() != null) {
      response.setHeader(HttpHeaders.LOCATION, answered.location());
    }
    if (!answered.body().isEmpty()) {
      response.setContentType(MediaType.APPLICATION_JSON_VALUE);
      response.getOutputStream().write(answered.body().getBytes(StandardCharsets.UTF_8));
    }
  }

  private void problem(HttpServletResponse response, HttpStatus status, String code, String detail)
      throws IOException {
    response.setStatus(status.value());
    response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
    response.getOutputStream().write(json.writeValueAsBytes(ApiProblems.problem(status, code, detail)));
  }

  private static String hash(HttpServletRequest request, byte[] body) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      digest.update((request.getRequestURI() + "\n").getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest.digest(body));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }
}
