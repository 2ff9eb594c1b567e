package io.chom.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.operations.OperationStatus;
import io.chom.tenancy.TenantContext;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.nio.file.Files;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.transaction.support.TransactionTemplate;

/** A server leaves the fleet: with its rights given back, or honest about what could not be. */
class DecommissionTest extends FleetTest {
  @Autowired
  Decommissioning decommissioning;
  @Autowired
  Placement placement;
  @Autowired
  ServerSites sites;
  @Autowired
  TransactionTemplate transaction;

  @Test
  void theKeyIsTakenOutTheRowStaysAndTheAddressCanBeEnrolledAgain() throws Exception {
    var server = enrolled();
    var acme = Tenants.acme();
    TenantContext.runAs(acme.id(), () -> {
      var place = placement.choose(server);
      transaction.executeWithoutResult(status -> placement.take(place));
    });
    request(server, false, true);
    ended(server, OperationStatus.SUCCEEDED);

    var gone = as(() -> servers.get(server));
    assertThat(gone.status()).isEqualTo(ServerStatus.DECOMMISSIONED);
    assertThat(gone.care().decommissionedAt()).isNotNull();
    assertThat(gone.care().leftBehind()).anyMatch(what -> what.startsWith("journal:"))
        .noneMatch(what -> what.startsWith("key:"));
    assertThat(Files.readString(machine.home().resolve(".ssh/authorized_keys"))).doesNotContain("chom-panel:");
    assertThat(machine.home().resolve("opt/vpsmanager")).doesNotExist();
    assertThat(as(() -> servers.names()).stream().map(ServerName::id)).doesNotContain(server);
    assertThat(as(() -> servers.former(50)).stream().map(one -> one.id())).contains(server);
    assertThat(TenantContext.callAs(acme.id(), () -> servers.ofTenant())).isEmpty();
    assertThat(as(() -> transaction.execute(status -> rows.find(server))).orElseThrow().privateKeySealed()).isEmpty();
    assertThat(actions(server)).startsWith("server.decommissioned", "server.decommission");

    var again = enrolled();
    assertThat(again).isNotEqualTo(server);
    assertThat(as(() -> servers.get(again)).name()).isEqualTo(gone.name());
  }

  @Test
  void aServerWithSitesIsRefusedAndTheyAreNamed() {
    var server = enrolled();
    var acme = Tenants.acme();
    acme.allocate(server.value(), io.chom.tenancy.TenantId.PLATFORM);
    RealServices.asAdministrator("""
        insert into site (tenant_id, server_id, domain, type, uid, unix_user, status)
        select '%s', '%s', 'kept-' || n || '.example', 'static', n, 's' || n, 'ACTIVE'
        from (select nextval('site_uid_seq') as n) as x
        """.formatted(acme.id(), server));
    assertThatThrownBy(() -> request(server, false, false)).isInstanceOf(ServerHasSites.class)
        .hasMessageContaining("has 1 site: kept-").hasMessageContaining("Move or delete");
    assertThatThrownBy(() -> request(server, true, false)).isInstanceOf(ServerHasSites.class);
    assertThat(as(() -> servers.get(server)).status()).isEqualTo(ServerStatus.READY);
    RealServices.asAdministrator("delete from site where server_id = '" + server + "'");
  }

  @Test
  void aServerThatKeepsBackupsOfOthersIsRefusedAndTheyAreNamedToOperators() {
    var server = enrolled();
    var acme = Tenants.acme();
    var globex = Tenants.globex();
    for (var tenant : List.of(acme, globex)) {
      RealServices.asAdministrator("""
          insert into backup_target (tenant_id, name, kind, status, server_id, secrets_sealed)
          values ('%s', 'depot', 'SERVER', 'UNREACHABLE', '%s', 'v1.x')
          """.formatted(tenant.id(), server));
    }
    assertThatThrownBy(() -> request(server, false, false)).isInstanceOf(ServerHasDepots.class)
        .hasMessageContaining("keeps backups in 2 targets: ")
        .hasMessageContainingAll("depot (" + acme.name() + ")", "depot (" + globex.name() + ")", "Remove these");
    assertThat(as(() -> servers.get(server)).status()).isEqualTo(ServerStatus.READY);
    List<String> told = TenantContext.callAs(acme.id(),
        () -> transaction.execute(status -> sites.depots(server, false)));
    assertThat(told).as("whose server it is not is told nothing").isEmpty();
    RealServices
        .asAdministrator("update backup_target set status = 'REMOVED', secrets_sealed = null where server_id = '"
            + server + "'");
    request(server, false, false);
    ended(server, OperationStatus.SUCCEEDED);
  }

  @Test
  void whoPutsSomethingThereAndWhoDecommissionsItComeOneAfterTheOther() throws Exception {
    var server = enrolled();
    var acme = Tenants.acme();
    acme.allocate(server.value(), io.chom.tenancy.TenantId.PLATFORM);
    var held = new CountDownLatch(1);
    var asked = new CountDownLatch(1);
    try (var threads = Executors.newFixedThreadPool(2)) {
      var putting = threads.submit(() -> TenantContext.callAs(acme.id(), () -> transaction.execute(status -> {
        boolean stays = servers.hold(server);
        held.countDown();
        await(asked);
        eventually(() -> waiting(), Boolean.TRUE::equals);
        RealServices.asAdministrator("""
            insert into backup_target (tenant_id, name, kind, status, server_id, secrets_sealed)
            values ('%s', 'depot', 'SERVER', 'NEW', '%s', 'v1.x')
            """.formatted(acme.id(), server));
        return stays;
      })));
      await(held);
      var leaving = threads.submit(() -> {
        asked.countDown();
        return request(server, false, false);
      });
      assertThat(putting.get()).isEqualTo(true);
      assertThatThrownBy(leaving::get).hasCauseInstanceOf(ServerHasDepots.class);
    }
    RealServices
        .asAdministrator("update backup_target set status = 'REMOVED', secrets_sealed = null where server_id = '"
            + server + "'");
    request(server, false, false);
    Boolean stays = TenantContext.callAs(acme.id(), () -> transaction.execute(status -> servers.hold(server)));
    assertThat(stays).as("it leaves").isFalse();
    ended(server, OperationStatus.SUCCEEDED);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean waiting() {
    try (var database = RealServices.asAdministrator();
        var row = database.createStatement()
            .executeQuery("select count(*) > 0 from pg_locks where locktype = 'advisory'"
                + " and not granted")) {
      row.next();
      return row.getBoolean(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aServerThatIsAwayStaysOutOfServiceUntilItIsSaidToBeGone() {
    var server = enrolled();
    machine.powerOff();
    request(server, false, false);
    ended(server, OperationStatus.FAILED);
    var kept = as(() -> servers.get(server));
    assertThat(kept.status()).isEqualTo(ServerStatus.MAINTENANCE);
    assertThat(last(server).errorCode()).isEqualTo("SERVER_NOT_REACHED_TCP");
    assertThat(last(server).errorMessage()).contains("gone for good");

    request(server, true, false);
    ended(server, OperationStatus.SUCCEEDED);
    var gone = as(() -> servers.get(server));
    assertThat(gone.status()).isEqualTo(ServerStatus.DECOMMISSIONED);
    assertThat(gone.care().leftBehind()).anyMatch(what -> what.startsWith("key:"))
        .anyMatch(what -> what.startsWith("agent:"));
  }

  @Test
  void anotherNameATenantOrASecondRequestChangesNothing() throws Exception {
    var server = enrolled();
    assertThatThrownBy(() -> as(() -> decommissioning.request(server, "web", false, false, OPERATOR)))
        .isInstanceOf(ServerRefused.class).extracting("code").isEqualTo("SERVER_NAME_DIFFERS");
    for (var tenant : List.of(Tenants.acme(), Tenants.globex())) {
      assertThatThrownBy(() -> TenantContext.runAs(tenant.id(),
          () -> decommissioning.request(server, name(server), true, true, OPERATOR)))
          .isInstanceOf(ServerNotFound.class);
    }
    Callable<String> ask = () -> {
      try {
        return request(server, false, false);
      } catch (ServerRefused e) {
        return e.code();
      }
    };
    try (var threads = Executors.newFixedThreadPool(2)) {
      var answers = threads.invokeAll(List.of(ask, ask));
      assertThat(List.of(answers.get(0).get(), answers.get(1).get()))
          .containsAnyOf("SERVER_DECOMMISSIONING", "SERVER_DECOMMISSIONED").contains("requested");
    }
    ended(server, OperationStatus.SUCCEEDED);
  }

  private String request(ServerId server, boolean gone, boolean removeAgent) {
    as(() -> decommissioning.request(server, name(server), gone, removeAgent, OPERATOR));
    return "requested";
  }

  private String name(ServerId server) {
    return as(() -> servers.get(server)).name();
  }

  private void ended(ServerId server, OperationStatus status) {
    var operation = eventually(() -> last(server),
        seen -> seen.type().equals(DecommissionServer.TYPE) && seen.status().ended());
    assertThat(operation.status()).describedAs(() -> operation + "\n" + log(server)).isEqualTo(status);
  }
}
