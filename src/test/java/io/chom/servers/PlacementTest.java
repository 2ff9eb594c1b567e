package io.chom.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.common.Uuid7;
import io.chom.tenancy.TenantContext;
import io.chom.testing.ChomTest;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.sql.SQLException;
import java.util.Collections;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** Where the next site goes, on a real database. */
@ChomTest
class PlacementTest {
  @Autowired
  Placement placement;
  @Autowired
  TransactionTemplate transaction;
  @Autowired
  JdbcClient jdbc;
  private final Tenants acme = Tenants.acme();

  @Test
  void itsOwnServersComeFirstAndOfTheseTheEmptiest() {
    var first = new ServerId(acme.server());
    var second = new ServerId(acme.server());
    TenantContext.runAs(acme.id(), () -> {
      place(placement.choose(first));
      assertThat(placement.choose().id()).isEqualTo(second);
      place(placement.choose(second));
      place(placement.choose(second));
      assertThat(placement.choose().id()).isEqualTo(first);
    });
  }

  @Test
  void theLastPlacesOfAServerAreGivenOnce() throws Exception {
    var server = new ServerId(acme.server());
    capacity(server, 3);
    Callable<Boolean> creation = () -> TenantContext.callAs(acme.id(), () -> {
      try {
        place(placement.choose(server));
        return true;
      } catch (NoServerAvailable e) {
        return false;
      }
    });
    try (var people = Executors.newVirtualThreadPerTaskExecutor()) {
      var placed = people.invokeAll(Collections.nCopies(8, creation)).stream().filter(one -> one.resultNow());
      assertThat(placed).hasSize(3);
    }
    TenantContext.runAs(acme.id(), () -> assertThatThrownBy(() -> placement.choose(server))
        .isInstanceOf(NoServerAvailable.class).hasMessageContaining("no more sites")
        .extracting(e -> ((NoServerAvailable) e).code())
        .isEqualTo("NO_SERVER_AVAILABLE"));
  }

  @Test
  void aServerThatIsNotReadyTakesNothing() throws Exception {
    var server = new ServerId(acme.server());
    var place = TenantContext.callAs(acme.id(), () -> placement.choose(server));
    update("update vps_server set status = 'UNREACHABLE' where id = ?", server.value());
    TenantContext.runAs(acme.id(), () -> {
      assertThatThrownBy(() -> placement.choose(server)).isInstanceOf(ServerNotReady.class);
      assertThatThrownBy(() -> place(place)).isInstanceOf(NoServerAvailable.class);
    });
    TenantContext.runAs(Tenants.globex().id(), () -> assertThatThrownBy(() -> placement.choose(server))
        .describedAs("who must not know of it").isInstanceOf(ServerNotFound.class));
  }

  @Test
  void aServerOfThePlatformIsNotReadyForThoseWhoHaveAPlaceThere() throws Exception {
    var server = new ServerId(acme.sharedServer());
    update("update vps_server set status = 'MAINTENANCE' where id = ?", server.value());
    TenantContext.runAs(acme.id(),
        () -> assertThatThrownBy(() -> placement.choose(server)).isInstanceOf(ServerNotReady.class));
    TenantContext.runAs(Tenants.globex().id(),
        () -> assertThatThrownBy(() -> placement.choose(server)).isInstanceOf(ServerNotFound.class));
  }

  @Test
  void aServerThatHasLeftTheFleetIsNotFound() throws Exception {
    var server = new ServerId(acme.server());
    update("update vps_server set status = 'DECOMMISSIONED' where id = ?", server.value());
    update("update server_allocation set withdrawn_at = now() where server_id = ?", server.value());
    TenantContext.runAs(acme.id(),
        () -> assertThatThrownBy(() -> placement.choose(server)).isInstanceOf(ServerNotFound.class));
  }

  @Test
  void anotherTenantsServerIsNotFound() {
    var server = new ServerId(acme.server());
    var place = TenantContext.callAs(acme.id(), () -> placement.choose(server));
    TenantContext.runAs(Tenants.globex().id(), () -> {
      assertThatThrownBy(() -> placement.choose(server)).isInstanceOf(ServerNotFound.class);
      assertThatThrownBy(() -> place(place)).isInstanceOf(NoServerAvailable.class);
    });
    assertThatThrownBy(() -> placement.choose(server)).describedAs("no tenant").isInstanceOf(ServerNotFound.class);
  }

  /** Takes the place and puts a site there, as one transaction does. */
  private void place(PlacedServer place) {
    transaction.executeWithoutResult(status -> {
      placement.take(place);
      jdbc.sql("""
          insert into site (id, tenant_id, server_id, domain, type, status, uid, unix_user)
          select :id, :tenant, :server, :domain, 'static', 'ACTIVE', uid, 's' || uid
          from (select cast(nextval('site_uid_seq') as int) as uid) fresh
          """).param("id", Uuid7.next()).param("tenant", TenantContext.current().value())
          .param("server", place.id().value()).param("domain", Uuid7.next() + ".example").update();
    });
  }

  private static void capacity(ServerId server, int sites) throws SQLException {
    update("update vps_server set capacity_sites = " + sites + " where id = ?", server.value());
  }

  private static void update(String sql, UUID id) throws SQLException {
    try (var database = RealServices.asAdministrator(); var update = database.prepareStatement(sql)) {
      update.setObject(1, id);
      update.executeUpdate();
    }
  }
}
