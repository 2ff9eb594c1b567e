package io.chom.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.tenancy.TenantContext;
import io.chom.testing.Browser;
import io.chom.testing.Tenants;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

/** What operators see of the way to their servers: measured, or no data. */
class ServerConnectionsTest extends FleetTest {
  private static final String PAGE = "/servers/ssh";

  @Autowired
  ServerConnections connections;
  @LocalServerPort
  int port;

  @Test
  void whatThisProcessHoldsIsShownAndWhatWentWrongWithIt() {
    var server = enrolled();
    probe(server);
    var up = as(() -> connections.of(server));
    assertThat(up.circuit()).isEqualTo(ConnectionView.Circuit.CLOSED);
    assertThat(up.connections()).isEqualTo(1);
    assertThat(up.mostConnections()).isEqualTo(3);
    assertThat(up.channels()).isEqualTo(1);
    assertThat(up.places()).isEqualTo(5);
    assertThat(up.heard()).isNotNull();
    var pool = connections.pool();
    assertThat(pool.open()).isPositive();
    assertThat(pool.logins()).isPositive();
    assertThat(pool.median()).isPositive();
    assertThat(pool.p95()).isGreaterThanOrEqualTo(pool.median());
    var operator = Browser.of(Tenants.operator(), port);
    assertThat(operator.get(PAGE).body()).contains("web " + machine.host(), "Connected", "1 of 3", "1 of 5",
        "Answer time (median)", "as of");
    assertThat(operator.get("/servers/" + server).body()).contains("id=\"server-ssh\"", "1 of 5");

    machine.powerOff();
    for (var i = 0; i < 3; i++) {
      eventually(() -> as(() -> connections.of(server)), seen -> seen.untilNextTry().isZero());
      probe(server);
    }
    var down = as(() -> connections.of(server));
    assertThat(down.circuit()).isEqualTo(ConnectionView.Circuit.OPEN);
    assertThat(down.faults()).isEqualTo(3);
    assertThat(down.connections()).isZero();
    assertThat(down.heard()).isNotNull();
    assertThat(down.fault()).isNotNull().satisfies(fault -> {
      assertThat(fault.code()).isEqualTo("HOST_UNREACHABLE_TCP");
      assertThat(fault.message()).contains("nothing listens on this port");
    });
    assertThat(connections.pool().givenUp()).isPositive();
    assertThat(operator.get(PAGE).body()).contains("Given up for a while", "nothing listens on this port");
  }

  @Test
  void isForOperatorsOnly() {
    var acme = Tenants.acme();
    var server = new ServerId(acme.sharedServer());
    for (var tenant : List.of(acme, Tenants.globex())) {
      assertThat(Browser.of(tenant.owner(), port).get(PAGE).status()).isEqualTo(403);
      TenantContext.runAs(tenant.id(), () -> {
        assertThat(connections.list()).isEmpty();
        assertThatThrownBy(() -> connections.of(server)).isInstanceOf(ServerNotFound.class);
      });
    }
    assertThat(as(() -> connections.of(server)).circuit()).isEqualTo(ConnectionView.Circuit.UNUSED);
    assertThat(Browser.of(Tenants.operator(), port).get(PAGE).body()).contains("Not used yet", "no data");
  }
}
