package io.chom.launch;

import io.chom.common.ChomException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Shows what a room says about a wrong setting as one sentence instead of a stack trace. */
final class SetupProblem extends AbstractFailureAnalyzer<ChomException> {

  @Override
  protected FailureAnalysis analyze(Throwable rootFailure, ChomException cause) {
    return new FailureAnalysis(cause.getMessage(), null, cause);
  }

  static boolean isBehind(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ChomException) {
        return true;
      }
    }
    return false;
  }
}
