package io.chom.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.common.Actor;
import io.chom.tenancy.TenantContext;
import io.chom.testing.ChomTest;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.transaction.support.TransactionTemplate;

@ChomTest
class AuditTests {
  private final Audit audit;
  private final TransactionTemplate transaction;
  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();

  AuditTests(@Autowired Audit audit, @Autowired TransactionTemplate transaction) {
    this.audit = audit;
    this.transaction = transaction;
  }

  private void write(Tenants tenant, int n) {
    TenantContext.runAs(tenant.id(), () -> transaction.executeWithoutResult(status -> audit.record(Actor.PANEL,
        "site.create", "site", UUID.randomUUID(), "shop-" + n + ".example", Map.of("n", n, "äöü", "\"}"))));
  }

  private List<String> verify(Tenants tenant) {
    return TenantContext.<List<String>, RuntimeException>callAs(tenant.id(), audit::verify);
  }

  private void tamper(String sql) throws SQLException {
    try (var connection = RealServices.asAdministrator(); var statement = connection.prepareStatement(sql)) {
      statement.setObject(1, acme.id().value());
      assertThat(statement.executeUpdate()).isEqualTo(1);
    }
  }

  @Test
  void writersAtTheSameTimeMakeOneChain() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> writes = new ArrayList<>();
      for (var i = 0; i < 24; i++) {
        var n = i;
        writes.add(threads.submit(() -> write(n % 2 == 0 ? acme : globex, n)));
      }
      for (var write : writes) {
        write.get();
      }
    }
    assertThat(verify(acme)).isEmpty();
    assertThat(verify(globex)).isEmpty();
    TenantContext.runAs(acme.id(), () -> assertThat(audit.page(null, 100)).hasSize(12).extracting(AuditEvent::seq)
        .containsExactly(12L, 11L, 10L, 9L, 8L, 7L, 6L, 5L, 4L, 3L, 2L, 1L));
  }

  @Test
  void whatWasChangedIsFound() throws SQLException {
    for (var i = 0; i < 3; i++) {
      write(acme, i);
    }
    tamper("update audit_event set actor_label = 'somebody else' where tenant_id = ? and seq = 2");
    assertThat(verify(acme)).containsExactly("event 2 was changed");
  }

  @Test
  void whatWasTakenOutIsFound() throws SQLException {
    for (var i = 0; i < 3; i++) {
      write(acme, i);
    }
    tamper("delete from audit_event where tenant_id = ? and seq = 2");
    assertThat(verify(acme)).contains("event 3 does not follow event 1");
  }

  @Test
  void anEventStandsOrFallsWithWhatItTells() {
    TenantContext.runAs(acme.id(), () -> transaction.executeWithoutResult(status -> {
      audit.record(Actor.PANEL, "site.create", "site", null, "x", Map.of());
      status.setRollbackOnly();
    }));
    TenantContext.runAs(acme.id(), () -> assertThat(audit.page(null, 10)).isEmpty());
    assertThatThrownBy(() -> audit.record(Actor.PANEL, "a", "b", null, "c", Map.of()))
        .hasMessageContaining("transaction");
  }

  @Test
  void noTenantReadsAnothersLog() {
    write(acme, 1);
    TenantContext.runAs(globex.id(), () -> assertThat(audit.page(null, 10)).isEmpty());
    assertThat(audit.page(null, 10)).isEmpty();
  }
}
