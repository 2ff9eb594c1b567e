package io.chom.tenancy;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import net.ttddyy.dsproxy.ExecutionInfo;
import net.ttddyy.dsproxy.QueryInfo;
import net.ttddyy.dsproxy.listener.QueryExecutionListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Times every statement and names the slow ones in the log, without a single value: by their text, in which literals are
 * masked, and by its fingerprint, which stays the same. A statement that is always slow is named six times a minute.
 */
final class StatementTimes implements QueryExecutionListener {
  private static final Logger LOG = LoggerFactory.getLogger(StatementTimes.class);
  private static final long QUIET = Duration.ofSeconds(10).toNanos();
  private static final int MOST_REMEMBERED = 500;
  private static final int LONGEST = 600;
  private static final Pattern TELLING = Pattern.compile("^\\s*select set_config\\('chom.tenant', [^;]*;\\s*");
  private static final Pattern LITERAL = Pattern.compile(
      "\\$\\d+|'(?:[^']|'')*'|\\$(\\w*)\\$.*?\\$\\1\\$|\\b\\d+(?:\\.\\d+)?\\b",
      Pattern.DOTALL);
  private static final Pattern LIST = Pattern.compile("\\?(?:\\s*,\\s*\\?)+");
  private static final Pattern SPACE = Pattern.compile("\\s+");

  private final String login;
  private final Duration slow;
  private final Timer good;
  private final Timer failed;
  private final Map<String, Long> named = new ConcurrentHashMap<>();

  /** @param login whose statements these are: chom-app or chom-jobs */
  StatementTimes(String login, Duration slow, MeterRegistry meters) {
    this.login = login;
    this.slow = slow;
    good = timer("ok", meters);
    failed = timer("failed", meters);
  }

  private Timer timer(String outcome, MeterRegistry meters) {
    return Timer.builder("chom.database.statements").description("Statements of the panel, as it waited for them")
        .tag("login", login).tag("outcome", outcome).register(meters);
  }

  @Override
  public void beforeQuery(ExecutionInfo execution, List<QueryInfo> queries) {}

  @Override
  public void afterQuery(ExecutionInfo execution, List<QueryInfo> queries) {
    StatementCount.add();
    long millis = execution.getElapsedTime();
    (execution.isSuccess() ? good : failed).record(millis, TimeUnit.MILLISECONDS);
    if (millis > slow.toMillis()) {
      name(queries.stream().map(QueryInfo::getQuery).collect(Collectors.joining("; ")), millis);
    }
  }

  private void name(String sql, long millis) {
    var text = masked(sql);
    var fingerprint = fingerprint(text);
    long now = System.nanoTime();
    if (named.size() > MOST_REMEMBERED) {
      named.clear();
    }
    boolean[] due = new boolean[1];
    named.compute(fingerprint, (one, last) -> {
      due[0] = last == null || now - last > QUIET;
      return due[0] || last == null ? Long.valueOf(now) : last;
    });
    if (due[0]) {
      LOG.warn("Slow statement: {} ms as {}, fingerprint {}: {}", millis, login, fingerprint,
          text.length() > LONGEST ? text.substring(0, LONGEST) + " …" : text);
    }
  }

  /** The text without what is told before it, without literals, and with lists of any length alike. */
  static String masked(String sql) {
    var own = TELLING.matcher(sql).replaceFirst("");
    return SPACE.matcher(LIST.matcher(LITERAL.matcher(own).replaceAll("?")).replaceAll("?…")).replaceAll(" ").strip();
  }

  private static String fingerprint(String text) {
    try {
      var sum = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(sum, 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }
}
