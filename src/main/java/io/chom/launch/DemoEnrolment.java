package io.chom.launch;

import io.chom.common.Actor;
import io.chom.common.ChomException;
import io.chom.servers.EnrolmentLogin;
import io.chom.servers.Enrolments;
import io.chom.servers.ScanRequest;
import io.chom.servers.ServerFilter;
import io.chom.servers.ServerStatus;
import io.chom.servers.Servers;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;

/** Takes the demo server into the fleet by the same way as any other, and approves the key that it knows to be right. */
@Component
@ConditionalOnBooleanProperty("chom.demo.enabled")
final class DemoEnrolment {
  private static final Logger LOG = LoggerFactory.getLogger(DemoEnrolment.class);
  private static final String ADDRESS = "127.0.0.1";
  /** More servers than this on this very machine there are not. */
  private static final int FEW = 100;

  private final DemoServer demo;
  private final ObjectProvider<Enrolments> enrolments;
  private final ObjectProvider<Servers> servers;

  DemoEnrolment(DemoServer demo, ObjectProvider<Enrolments> enrolments, ObjectProvider<Servers> servers) {
    this.demo = demo;
    this.enrolments = enrolments;
    this.servers = servers;
  }

  @Order(1)
  @EventListener(ApplicationReadyEvent.class)
  void enrol() {
    demo.ssh().ifPresent(ssh -> enrolments.ifAvailable(door -> TenantContext.runAs(TenantId.PLATFORM, () -> {
      if (!known(ssh.port())) {
        enrol(ssh, door);
      }
    })));
  }

  private boolean known(int port) {
    Servers fleet = servers.getIfAvailable();
    return fleet != null && fleet.page(new ServerFilter(ADDRESS, null, null, FEW)).stream()
        .anyMatch(server -> server.host().equals(ADDRESS)
            && server.port() == port && server.status() != ServerStatus.FAILED);
  }

  private void enrol(DemoSshServer ssh, Enrolments door) {
    try {
      var scanned = door.scan(new ScanRequest(ADDRESS, ssh.port()), Actor.PANEL);
      door.approve(scanned.id(), ssh.fingerprint(),
          EnrolmentLogin.withPassword(DemoServer.USER, demo.issuePassword()), "demo", Actor.PANEL);
    } catch (ChomException e) {
      demo.tell("The demo server could not be taken into the fleet: " + e.getMessage());
      LOG.warn("The demo server could not be taken into the fleet", e);
    }
  }
}
