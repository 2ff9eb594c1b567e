package io.chom.servers;

import io.chom.operations.Operation;
import io.chom.operations.OperationHandler;
import io.chom.operations.OperationNotSent;
import io.chom.operations.OperationRefused;
import io.chom.operations.OperationRun;
import io.chom.operations.OperationType;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.JsonNode;

/**
 * Takes a server into the fleet by the login a person gave.
 *
 * <p>Adoption: a worker that finds the work begun first tries the panel's own key. If it opens, the bootstrap came to
 * its end and only its report was lost. If not, the bootstrap is repeated, which is harmless, as long as the login is
 * still in memory; a panel that has forgotten it fails the operation and asks for the login again. All that such a
 * server kept is one public key without a private one.
 */
@Component
class EnrolServer implements OperationHandler {
  static final OperationType TYPE = new OperationType("server.enrol");

  private final EnrolmentRows enrolments;
  private final ServerRows servers;
  private final EnrolmentLogins logins;
  private final ServerBootstrap bootstrap;
  private final FirstContact contact;
  private final EnrolmentEnd end;
  private final TransactionTemplate transaction;
  private final Clock clock;

  EnrolServer(EnrolmentRows enrolments, ServerRows servers, EnrolmentLogins logins, ServerBootstrap bootstrap,
      FirstContact contact, EnrolmentEnd end, TransactionTemplate transaction, Clock clock) {
    this.enrolments = enrolments;
    this.servers = servers;
    this.logins = logins;
    this.bootstrap = bootstrap;
    this.contact = contact;
    this.end = end;
    this.transaction = transaction;
    this.clock = clock;
  }

  @Override
  public OperationType type() {
    return TYPE;
  }

  @Override
  public Map<String, Object> carryOut(OperationRun run) {
    var operation = run.operation();
    var known = read(operation);
    if (run.maybeSent()) {
      var done = contact.tryAgain(known.server(), known.enrolment().loginUser());
      if (done.isPresent()) {
        run.progress(95, "The server was enrolled; only its report was lost", 0);
        return done.get();
      }
    }
    var login = logins.find(known.enrolment().id()).orElseThrow(() -> loginGone(operation));
    var report = bootstrap.run(known.server(), login, run);
    run.progress(90, "Logging in with the panel's key", 0);
    var result = contact.greet(known.server(), report.user(login), report.rootless());
    run.progress(95, "The agent answers", 0);
    return result;
  }

  @Override
  public void whenSucceeded(Operation operation, JsonNode result) {
    end.succeeded(operation, enrolment(operation), result);
  }

  @Override
  public void whenFailed(Operation operation, String code, String message) {
    end.failed(operation, enrolment(operation), code);
  }

  private record Known(EnrolmentRow enrolment, ServerRow server) {}

  private Known read(Operation operation) {
    return Objects.requireNonNull(transaction.execute(status -> new Known(
        enrolments.find(enrolment(operation)).orElseThrow(() -> gone()),
        servers.find(new ServerId(operation.subject().id())).orElseThrow(() -> gone()))));
  }

  private static OperationRefused gone() {
    return new OperationRefused("ENROLMENT_NOT_FOUND", "This enrolment was removed. Scan the server again.", null);
  }

  /** Another node may hold the login: it takes the operation up in a moment. After its time nobody holds it. */
  private RuntimeException loginGone(Operation operation) {
    var until = Instant.parse(operation.payload().path("login_until").asString());
    boolean mine = operation.payload().path("node").asString().equals(logins.node());
    if (!mine && clock.instant().isBefore(until)) {
      return new OperationNotSent("ENROLMENT_LOGIN_ELSEWHERE",
          "The login was given to another node of the panel, or was lost in a restart. If that node does not go on until "
              + until + ", you will be asked for it again.",
          null);
    }
    return new OperationRefused("ENROLMENT_LOGIN_GONE",
        "The panel no longer has the login: it is kept for a few minutes only, and never stored. Enter it again; whatever"
            + " was begun on the server is repeated without harm.",
        null);
  }

  private static EnrolmentId enrolment(Operation operation) {
    return new EnrolmentId(UUID.fromString(operation.payload().path("enrolment").asString()));
  }
}
