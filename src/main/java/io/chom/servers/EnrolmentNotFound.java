package io.chom.servers;

import io.chom.common.ChomException;

/** No such enrolment, or not one of this tenant's: the two cannot be told apart. */
public class EnrolmentNotFound extends ChomException {
  public EnrolmentNotFound(EnrolmentId enrolment) {
    super("No enrolment " + enrolment, null);
  }

  @Override
  public String code() {
    return "ENROLMENT_NOT_FOUND";
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
