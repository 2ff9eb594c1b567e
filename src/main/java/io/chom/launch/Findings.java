package io.chom.launch;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** What an examination found, one line each. */
final class Findings {
  private record Finding(String grade, String subject, String sentence) {}

  private final List<Finding> all = new ArrayList<>();

  void ok(String subject, String sentence) {
    all.add(new Finding("ok", subject, sentence));
  }

  void warn(String subject, String sentence) {
    all.add(new Finding("warn", subject, sentence));
  }

  void fail(String subject, String sentence) {
    all.add(new Finding("fail", subject, sentence));
  }

  /** @return 1 if one failed, else 0 */
  int print(PrintStream out) {
    all.forEach(finding -> out.printf("%-5s %-12s %s%n", finding.grade(), finding.subject(), finding.sentence()));
    long failed = all.stream().filter(finding -> finding.grade().equals("fail")).count();
    out.println(failed == 0 ? "Nothing keeps CHOM from starting." : failed + " to mend before CHOM can work.");
    return failed == 0 ? 0 : 1;
  }
}
