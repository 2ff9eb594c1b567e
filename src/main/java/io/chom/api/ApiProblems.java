package io.chom.api;

import io.chom.accounts.NotAllowed;
import io.chom.accounts.TenantNotFound;
import io.chom.accounts.TokenNotFound;
import io.chom.backups.BackupNotFound;
import io.chom.backups.BackupRefused;
import io.chom.backups.DownloadFailed;
import io.chom.backups.DownloadNotFound;
import io.chom.backups.DownloadRefused;
import io.chom.backups.ScheduleNotFound;
import io.chom.backups.ScheduleRefused;
import io.chom.backups.TargetNotFound;
import io.chom.backups.TargetRefused;
import io.chom.billing.PlanLimitReached;
import io.chom.common.ChomException;
import io.chom.common.RequestRefused;
import io.chom.metrics.ExpressionRefused;
import io.chom.metrics.NoMeasurements;
import io.chom.notifications.ChannelNotFound;
import io.chom.notifications.ChannelRefused;
import io.chom.operations.OperationNotCancellable;
import io.chom.operations.OperationNotFound;
import io.chom.operations.OperationNotRepeatable;
import io.chom.operations.WorkerNotFound;
import io.chom.servers.EnrolmentNotFound;
import io.chom.servers.NoServerAvailable;
import io.chom.servers.ServerHasDepots;
import io.chom.servers.ServerHasSites;
import io.chom.servers.ServerNotFound;
import io.chom.servers.ServerNotReached;
import io.chom.sites.DatabaseNotFound;
import io.chom.sites.DatabaseRefused;
import io.chom.sites.SiteNotFound;
import io.chom.sites.SiteRefused;
import io.chom.tenancy.DatabaseOutage;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.bind.MethodArgumentNotValidException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;

/** The one place that turns errors into problem details (RFC 9457), each with a stable {@code code}. */
@Order(Ordered.HIGHEST_PRECEDENCE)
@RestControllerAdvice(basePackageClasses = ApiProblems.class)
class ApiProblems extends ResponseEntityExceptionHandler {
  private static final Logger LOG = LoggerFactory.getLogger(ApiProblems.class);

  @ExceptionHandler
  ProblemDetail known(ChomException e) {
    var problem = problem(status(e), e.code(), String.valueOf(e.getMessage()));
    if (e instanceof RequestRefused refused) {
      problem.setProperty("errors", Map.of(refused.field(), String.valueOf(refused.getMessage())));
    }
    if (e instanceof DownloadRefused refused && !refused.again().isZero()) {
      problem.setProperty("retryAfter", refused.again().toSeconds());
    }
    if (e instanceof ServerHasSites refused) {
      problem.setProperty("sites", refused.domains());
    }
    if (e instanceof ServerHasDepots refused) {
      problem.setProperty("depots", refused.depots());
    }
    if (e instanceof ExpressionRefused refused) {
      problem.setProperty("position", refused.position());
      problem.setProperty("line", refused.line());
      problem.setProperty("column", refused.column());
      problem.setProperty("reason", refused.reason());
      problem.setProperty("advice", refused.advice());
    }
    return problem;
  }

  private static HttpStatus status(ChomException e) {
    return switch (e) {
      case ChannelNotFound _,SiteNotFound _,DatabaseNotFound _,BackupNotFound _,ScheduleNotFound _,TargetNotFound _,OperationNotFound _,ServerNotFound _,EnrolmentNotFound _,TenantNotFound _,TokenNotFound _,WorkerNotFound _ ->
        HttpStatus.NOT_FOUND;
      case BadRequest _ -> HttpStatus.BAD_REQUEST;
      case ChannelRefused refused -> switch (refused.reason()) {
        case TOO_MANY_CHANNELS, OWN_ADDRESS_STAYS, NOT_A_MEMBER, TESTED_JUST_NOW -> HttpStatus.CONFLICT;
        default -> HttpStatus.UNPROCESSABLE_CONTENT;
      };
      case DatabaseRefused refused -> switch (refused.reason()) {
        case DATABASE_NAME_TAKEN, TOO_MANY_DATABASES, NOT_IN_THIS_STATE, PASSWORD_NOT_SHOWN -> HttpStatus.CONFLICT;
        default -> HttpStatus.UNPROCESSABLE_CONTENT;
      };
      case TargetRefused refused -> switch (refused.reason()) {
        case TARGET_NAME_TAKEN, TARGET_EXISTS, NO_SERVER_TO_ASK, TARGET_NOT_READY, TARGET_NOT_MADE, TARGET_SHARED,
            TARGET_ONLY_ON_SHARED_SERVERS, TARGET_IN_USE, TARGET_SCHEDULED, TARGET_IS_DEFAULT, TARGET_IS_LOCAL,
            TARGET_BUSY,
            TOO_MANY_TARGETS, TOO_MANY_DEPOTS, SERVER_LEAVES ->
          HttpStatus.CONFLICT;
        default -> HttpStatus.UNPROCESSABLE_CONTENT;
      };
      case ScheduleRefused refused -> refused.reason() == ScheduleRefused.Reason.SCHEDULE_EXISTS
          ? HttpStatus.CONFLICT
          : HttpStatus.UNPROCESSABLE_CONTENT;
      case DownloadNotFound _ -> HttpStatus.NOT_FOUND;
      case DownloadRefused refused ->
        refused.again().isZero() ? HttpStatus.UNPROCESSABLE_CONTENT : HttpStatus.TOO_MANY_REQUESTS;
      case DownloadFailed _ -> HttpStatus.BAD_GATEWAY;
      case BackupRefused refused -> switch (refused.reason()) {
        case BACKUP_RUNNING, BACKUP_NOT_READY, SITE_NOT_READY, SITE_GONE, NOTHING_TO_UNDO, TARGET_KEEPS_ALL ->
          HttpStatus.CONFLICT;
        default -> HttpStatus.UNPROCESSABLE_CONTENT;
      };
      case SiteRefused refused -> switch (refused.reason()) {
        case DOMAIN_NOT_AVAILABLE, NOT_IN_THIS_STATE, CERTIFICATE_ON_ITS_WAY, CHANGED_SINCE, HALF_RESTORED ->
          HttpStatus.CONFLICT;
        case SERVER_NOT_READY -> HttpStatus.SERVICE_UNAVAILABLE;
        default -> HttpStatus.UNPROCESSABLE_CONTENT;
      };
      case NoMeasurements missing ->
        missing.byQuestion() ? HttpStatus.UNPROCESSABLE_CONTENT : HttpStatus.SERVICE_UNAVAILABLE;
      case NotAllowed _ -> HttpStatus.FORBIDDEN;
      case PlanLimitReached _,OperationNotCancellable _,OperationNotRepeatable _ -> HttpStatus.CONFLICT;
      case ServerHasSites _,ServerHasDepots _ -> HttpStatus.CONFLICT;
      case NoServerAvailable _ -> HttpStatus.SERVICE_UNAVAILABLE;
      case ServerNotReached _ -> HttpStatus.BAD_GATEWAY;
      default -> HttpStatus.UNPROCESSABLE_CONTENT;
    };
  }

  @ExceptionHandler
  ResponseEntity<ProblemDetail> unexpected(RuntimeException e) {
    if (DatabaseOutage.caused(e)) {
      LOG.warn("A request of the API found the database away: {}", e.getMessage());
      return ResponseEntity.status(HttpStatus.SERVICE_UNAVAILABLE).header(HttpHeaders.RETRY_AFTER, "10")
          .body(problem(HttpStatus.SERVICE_UNAVAILABLE, "UNAVAILABLE",
              "A part of the panel is away for the moment. Try again in a few seconds, with the same Idempotency-Key."));
    }
    LOG.error("A request of the API met a fault of the panel", e);
    return ResponseEntity.internalServerError().body(problem(HttpStatus.INTERNAL_SERVER_ERROR, "INTERNAL",
        "The panel met a fault of its own. Nothing was half done; try again, and tell an operator if it stays."));
  }

  @Override
  protected @Nullable ResponseEntity<Object> handleMethodArgumentNotValid(MethodArgumentNotValidException e,
      HttpHeaders headers, HttpStatusCode status, WebRequest request) {
    Map<String, String> errors = new LinkedHashMap<>();
    e.getBindingResult().getFieldErrors()
        .forEach(error -> errors.put(error.getField(), String.valueOf(error.getDefaultMessage())));
    var problem = problem(HttpStatus.UNPROCESSABLE_CONTENT, "INVALID_REQUEST",
        "Some fields cannot be used; see errors");
    problem.setProperty("errors", errors);
    return ResponseEntity.of(problem).headers(headers).build();
  }

  @Override
  protected @Nullable ResponseEntity<Object> handleHttpMessageNotReadable(HttpMessageNotReadableException e,
      HttpHeaders headers, HttpStatusCode status, WebRequest request) {
    var problem = switch (e.getCause()) {
      case UnrecognizedPropertyException unknown -> problem(HttpStatus.BAD_REQUEST, "UNKNOWN_FIELD",
          "There is no field " + unknown.getPropertyName() + "; leave it away, or correct its name");
      case MismatchedInputException _ -> problem(HttpStatus.BAD_REQUEST, "WRONG_TYPE",
          "A field's value is of another type than its description in /api/v1/openapi.json says");
      case null, default -> problem(HttpStatus.BAD_REQUEST, "MALFORMED_JSON",
          "Send a body that is JSON as described in /api/v1/openapi.json");
    };
    return ResponseEntity.of(problem).headers(headers).build();
  }

  @Override
  protected @Nullable ResponseEntity<Object> handleExceptionInternal(Exception e, @Nullable Object body,
      HttpHeaders headers, HttpStatusCode status, WebRequest request) {
    var answer = super.handleExceptionInternal(e, body, headers, status, request);
    if (answer != null && answer.getBody() instanceof ProblemDetail problem) {
      // its name is the machine's word for what the framework found wrong
      problem.setProperty("code", HttpStatus.valueOf(status.value()).name());
    }
    return answer;
  }

  static ProblemDetail problem(HttpStatus status, String code, String detail) {
    var problem = ProblemDetail.forStatusAndDetail(status, detail);
    problem.setProperty("code", code);
    return problem;
  }
}
