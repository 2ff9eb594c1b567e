package io.chom.servers;

import io.chom.audit.Audit;
import io.chom.common.Actor;
import io.chom.common.UserId;
import io.chom.live.LiveEvents;
import io.chom.operations.Operation;
import io.chom.tenancy.TenantContext;
import java.util.Map;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;

/** Writes down how an enrolment ended, in the transaction that ends its operation. */
@Component
class EnrolmentEnd {
  private final EnrolmentRows enrolments;
  private final ServerRows servers;
  private final EnrolmentLogins logins;
  private final PrepareServer prepare;
  private final Audit audit;
  private final LiveEvents live;

  EnrolmentEnd(EnrolmentRows enrolments, ServerRows servers, EnrolmentLogins logins, PrepareServer prepare, Audit audit,
      LiveEvents live) {
    this.enrolments = enrolments;
    this.servers = servers;
    this.logins = logins;
    this.prepare = prepare;
    this.audit = audit;
    this.live = live;
  }

  void succeeded(Operation operation, EnrolmentId enrolment, JsonNode result) {
    var server = new ServerId(operation.subject().id());
    var actor = actor(operation);
    servers.enrolled(server, result.path("user").asString(), result.path("rootless").asBoolean(),
        result.path("agent").asString(), result.path("protocol").asInt(), result.path("os").asString());
    enrolments.end(enrolment, EnrolmentStatus.DONE, null);
    audit.record(actor, "server.enrolled", "server", server.value(), operation.subject().label(),
        Map.of("agent", result.path("agent").asString()));
    prepare.request(server, operation.subject().label(), actor);
    forget(enrolment, server);
  }

  void failed(Operation operation, EnrolmentId enrolment, String code) {
    var server = new ServerId(operation.subject().id());
    servers.lock(server).filter(row -> row.status() == ServerStatus.ENROLLING).ifPresent(row -> {
      servers.become(row, ServerStatus.FAILED);
      servers.forgetKey(server);
    });
    enrolments.end(enrolment, EnrolmentStatus.FAILED, code);
    audit.record(actor(operation), "server.enrol.failed", "server", server.value(), operation.subject().label(),
        Map.of("code", code));
    forget(enrolment, server);
  }

  private void forget(EnrolmentId enrolment, ServerId server) {
    logins.forget(enrolment);
    live.changedAfterCommit(TenantContext.current(), ServerTopics.ALL, ServerTopics.server(server));
  }

  static Actor actor(Operation operation) {
    var user = operation.requestedBy();
    var label = operation.requestedLabel();
    return new Actor(user == null ? null : new UserId(user), label == null ? Actor.PANEL.label() : label);
  }
}
