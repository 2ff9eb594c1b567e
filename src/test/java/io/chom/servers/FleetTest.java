package io.chom.servers;

import static io.chom.testing.RootlessMachine.PASSWORD;
import static io.chom.testing.RootlessMachine.USER;
import static org.assertj.core.api.Assertions.assertThat;

import io.chom.audit.Audit;
import io.chom.audit.AuditEvent;
import io.chom.common.Actor;
import io.chom.operations.Operation;
import io.chom.operations.Operations;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import io.chom.testing.ChomTest;
import io.chom.testing.RealServices;
import io.chom.testing.RootlessMachine;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;

/** A fleet of one new machine, and the words to speak about it. */
@ChomTest
abstract class FleetTest {
  static final Actor OPERATOR = new Actor(null, "operator@platform.example");
  static final EnrolmentLogin LOGIN = EnrolmentLogin.withPassword(USER, PASSWORD);
  @TempDir
  Path home;
  @Autowired
  Enrolments enrolments;
  @Autowired
  Servers servers;
  @Autowired
  ServerRows rows;
  @Autowired
  ServerAddresses addresses;
  @Autowired
  ServerHealth health;
  @Autowired
  Operations operations;
  @Autowired
  Audit audit;
  RootlessMachine machine;

  @BeforeEach
  void switchOn() {
    machine = new RootlessMachine(home);
  }

  @AfterEach
  void switchOff() {
    machine.close();
  }

  Scanned scan() {
    return as(() -> enrolments.scan(new ScanRequest(machine.host(), machine.port()), OPERATOR));
  }

  ServerId approve(Scanned scanned, EnrolmentLogin login) {
    return as(() -> enrolments.approve(scanned.id(), scanned.fingerprint(), login, "web " + machine.host(), OPERATOR));
  }

  ServerView await(ServerId server, ServerStatus status) {
    var view = eventually(() -> as(() -> servers.get(server)),
        seen -> seen.status() == status || seen.status() == ServerStatus.FAILED);
    assertThat(view.status()).describedAs(() -> last(server) + "\n" + log(server)).isEqualTo(status);
    return view;
  }

  Operation last(ServerId server) {
    return as(() -> operations.page(null, server.value(), null, 1)).getFirst();
  }

  String log(ServerId server) {
    var text = new StringBuilder();
    for (var operation : as(() -> operations.page(null, server.value(), null, 10)).reversed()) {
      as(() -> operations.log(operation.id(), 0, 100)).forEach(chunk -> text.append(chunk.text()));
    }
    return text.toString();
  }

  List<String> actions(ServerId server) {
    return as(() -> audit.page(null, 200)).stream().filter(event -> server.value().equals(event.subject()))
        .map(AuditEvent::action).toList();
  }

  static <T> T as(Supplier<T> work) {
    return TenantContext.callAs(TenantId.PLATFORM, work::get);
  }

  static <T> T eventually(Supplier<T> question, Predicate<T> enough) {
    return eventually(question, enough, Duration.ofSeconds(90));
  }

  static <T> T eventually(Supplier<T> question, Predicate<T> enough, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (true) {
      T answer = question.get();
      if (enough.test(answer) || System.nanoTime() > deadline) {
        return answer;
      }
      try {
        Thread.sleep(50);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** The machine as a ready server of the platform. */
  ServerId enrolled() {
    var server = approve(scan(), LOGIN);
    await(server, ServerStatus.READY);
    return server;
  }

  static void asOperator(Runnable work) {
    TenantContext.runAs(TenantId.PLATFORM, work);
  }

  /** As if it were due. */
  void probe(ServerId server) {
    try (var database = RealServices.asAdministrator();
        var update = database.prepareStatement("update vps_server set health_at = null where id = ?")) {
      update.setObject(1, server.value());
      update.executeUpdate();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    asOperator(() -> health.check(server));
  }
}
