package io.chom.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.common.Uuid7;
import io.chom.servers.Difference.Kind;
import io.chom.servers.Difference.Thing;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import io.chom.testing.RealServices;
import io.chom.testing.RootlessMachine.Fault;
import io.chom.testing.Tenants;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

/** What a server has is compared with what the panel knows; what differs is named, and what is under way is not. */
class DriftTest extends FleetTest {
  @Autowired
  Drift drift;

  @Test
  void aServerAsThePanelKnowsItHasNoDifferences() {
    var server = enrolled();
    probe(server);
    var report = as(() -> drift.compare(server));
    assertThat(report.differences()).isEmpty();
    assertThat(report.at()).isNotNull();
    assertThat(report.fault()).isNull();
  }

  @Test
  void whatIsMissingUnknownAndDifferentIsNamed() throws IOException {
    var server = enrolled();
    var acme = Tenants.acme();
    acme.allocate(server.value(), TenantId.PLATFORM);
    site(acme, server, 800_001, "missing.example", "ACTIVE");
    var disabled = site(acme, server, 800_002, "disabled.example", "ACTIVE");
    onMachine(disabled, 800_002, "disabled.example", "disabled");
    onMachine(Uuid7.next(), 800_003, "stranger.example", "active");
    onMachine(Uuid7.next(), 800_004, "kept.example", "retained");
    Files.writeString(machine.home().resolve("etc/vpsmanager/policy.json"), "{\"agent_upgrade\": false}");

    var found = as(() -> drift.compare(server)).differences();
    assertThat(found).extracting("kind", "thing", "name").contains(
        org.assertj.core.groups.Tuple.tuple(Kind.MISSING_ON_SERVER, Thing.SITE, "missing.example"),
        org.assertj.core.groups.Tuple.tuple(Kind.DIFFERENT, Thing.SITE, "disabled.example"),
        org.assertj.core.groups.Tuple.tuple(Kind.UNKNOWN_TO_PANEL, Thing.SITE, "stranger.example"),
        org.assertj.core.groups.Tuple.tuple(Kind.UNKNOWN_TO_PANEL, Thing.RETAINED, "kept.example"),
        org.assertj.core.groups.Tuple.tuple(Kind.DIFFERENT, Thing.POLICY, "agent_upgrade"));
    assertThat(found).contains(Difference.different(Thing.SITE, "disabled.example", "active", "disabled"));
    RealServices.asAdministrator("delete from site where server_id = '" + server + "'");
  }

  @Test
  void anOperationNobodyAskedForIsNamedAndEveryTryOfAKnownOneIsKnown() throws IOException {
    var server = enrolled();
    var known = Uuid7.next();
    var now = Uuid7.next();
    var earlier = Uuid7.next();
    var stranger = Uuid7.next();
    RealServices.asAdministrator("""
        insert into operation (id, tenant_id, type, subject_kind, subject_id, subject_label, status, requested_label,
                               tries, sent_as, finished_at)
        values ('%1$s', '%2$s', 'test.done', 'site', '%1$s', 'x', 'SUCCEEDED', 'test', 3, '%3$s', now());
        insert into operation_try (tenant_id, operation_id, number, sent_as, error_code, error_message)
        values ('%2$s', '%1$s', 2, '%4$s', 'BUSY', 'busy')
        """.formatted(known, Tenants.globex().id(), now, earlier));
    for (var id : List.of(known, now, earlier, stranger)) {
      var journal = Files.createDirectories(machine.home().resolve("var/lib/vpsmanager/operations/" + id));
      Files.writeString(journal.resolve("state"), "SUCCEEDED\n");
      Files.writeString(journal.resolve("alive"), "");
    }
    assertThat(as(() -> drift.compare(server)).differences())
        .containsExactly(Difference.unknown(Thing.OPERATION, stranger.toString(), "SUCCEEDED"));
  }

  @Test
  void whatIsUnderWayIsNoDifference() throws IOException {
    var server = enrolled();
    var acme = Tenants.acme();
    acme.allocate(server.value(), TenantId.PLATFORM);
    var coming = site(acme, server, 800_011, "coming.example", "ACTIVE");
    var going = site(acme, server, 800_012, "going.example", "ACTIVE");
    onMachine(going, 800_012, "going.example", "disabling");
    for (var site : List.of(coming, going)) {
      RealServices.asAdministrator("""
          insert into operation (tenant_id, type, subject_kind, subject_id, subject_label, status, requested_label,
                                 next_try_at)
          values ('%s', 'test.waits', 'site', '%s', 'x', 'QUEUED', 'test', now() + interval '1 day')
          """.formatted(acme.id(), site));
    }
    assertThat(as(() -> drift.compare(server)).differences()).extracting("name")
        .doesNotContain("coming.example", "going.example");
    RealServices.asAdministrator("update operation set status = 'CANCELLED' where subject_id in ('" + coming + "', '"
        + going + "')");
    assertThat(as(() -> drift.compare(server)).differences()).extracting("name").contains("coming.example",
        "going.example");
    RealServices.asAdministrator("delete from site where server_id = '" + server + "'");
  }

  @Test
  void aServerThatIsAwayKeepsTheLastReportAndSaysWhyThereIsNoNewerOne() {
    var server = enrolled();
    var before = as(() -> drift.compare(server));
    machine.suffer(Fault.KEYS_REFUSED);
    machine.hangUp();
    var after = as(() -> drift.compare(server));
    assertThat(after.fault()).isEqualTo(FailingLayer.AUTH);
    assertThat(after.at()).isEqualTo(before.at());
    for (var tenant : List.of(Tenants.acme(), Tenants.globex())) {
      assertThatThrownBy(() -> TenantContext.callAs(tenant.id(), () -> drift.of(server)))
          .isInstanceOf(ServerNotFound.class);
      assertThatThrownBy(() -> TenantContext.runAs(tenant.id(), () -> drift.compareSoon(server, OPERATOR)))
          .isInstanceOf(ServerNotFound.class);
    }
  }

  private static UUID site(Tenants tenant, ServerId server, int uid, String domain, String status) {
    var id = Uuid7.next();
    RealServices.asAdministrator("delete from site where uid = " + uid);
    RealServices.asAdministrator("""
        insert into site (id, tenant_id, server_id, domain, type, uid, unix_user, status)
        values ('%s', '%s', '%s', '%s', 'static', %d, 's%d', '%s')
        """.formatted(id, tenant.id(), server, domain, uid, uid, status));
    return id;
  }

  /** As if a site were there. */
  private void onMachine(UUID site, int uid, String domain, String state) throws IOException {
    var register = Files.createDirectories(machine.home().resolve("var/lib/vpsmanager/sites"));
    Files.writeString(register.resolve("s" + uid + ".json"), """
        {"site":"%s","user":"s%d","uid":%d,"domain":"%s","type":"static","state":"%s"}
        """.formatted(site, uid, uid, domain, state));
  }
}
