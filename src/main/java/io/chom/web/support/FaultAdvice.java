package io.chom.web.support;

import io.chom.accounts.NotAllowed;
import io.chom.accounts.TenantNotFound;
import io.chom.backups.BackupNotFound;
import io.chom.backups.ScheduleNotFound;
import io.chom.backups.TargetNotFound;
import io.chom.common.ChomException;
import io.chom.notifications.ChannelNotFound;
import io.chom.operations.OperationNotFound;
import io.chom.servers.EnrolmentNotFound;
import io.chom.servers.ServerNotFound;
import io.chom.sites.DatabaseNotFound;
import io.chom.sites.SiteNotFound;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;

/**
 * Says over HTTP what went wrong in a page; {@link ErrorPages} then draws it. Another tenant's thing is not found, never
 * forbidden.
 */
@ControllerAdvice(annotations = Controller.class)
class FaultAdvice {

  @ExceptionHandler({ChannelNotFound.class, SiteNotFound.class, DatabaseNotFound.class, BackupNotFound.class,
      ScheduleNotFound.class,
      TargetNotFound.class,
      OperationNotFound.class,
      ServerNotFound.class,
      EnrolmentNotFound.class,
      TenantNotFound.class})
  void notThere(HttpServletResponse response) throws IOException {
    response.sendError(HttpStatus.NOT_FOUND.value());
  }

  @ExceptionHandler
  void forbidden(NotAllowed e, HttpServletResponse response) throws IOException {
    response.sendError(HttpStatus.FORBIDDEN.value());
  }

  /** An address that cannot be one names nothing; a filter that is none cannot be read. */
  @ExceptionHandler
  void unreadable(MethodArgumentTypeMismatchException e, HttpServletResponse response) throws IOException {
    boolean address = e.getParameter().hasParameterAnnotation(PathVariable.class);
    response.sendError(address ? HttpStatus.NOT_FOUND.value() : HttpStatus.BAD_REQUEST.value());
  }

  /** What may work later is told as such; the rest is ours to look into. */
  @ExceptionHandler
  void other(ChomException e, HttpServletResponse response) throws IOException {
    if (!e.retryable()) {
      throw e;
    }
    response.sendError(HttpStatus.SERVICE_UNAVAILABLE.value());
  }
}
