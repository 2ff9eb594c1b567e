package io.chom.web.servers;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.common.Uuid7;
import io.chom.tenancy.TenantId;
import io.chom.testing.Browser;
import io.chom.testing.ChomTest;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.web.server.LocalServerPort;

/** The way back for a server that the panel cannot get into: offered where it is needed, and nowhere else. */
@ChomTest
class EnrolAgainPagesTests {
  private static final String KEY = "SHA256:b6cJb0hYw8m0b1l2c3d4e5f6g7h8i9j0k1l2m3n4o5p";
  private final int port;
  private final UUID server = Tenants.acme().sharedServer();
  private final String host = "h" + server.toString().replace("-", "") + ".example";
  private final Browser operator;

  EnrolAgainPagesTests(@LocalServerPort int port) {
    this.port = port;
    this.operator = Browser.of(Tenants.operator(), port);
    set("host = '" + host + "', agent_version = '1'");
  }

  @Test
  void leadsFromTheServerToTheFormFilledIn() {
    assertThat(page()).doesNotContain("/servers/enrol?");
    set("status = 'UNREACHABLE', health_layer = 'TCP'");
    assertThat(page()).doesNotContain("/servers/enrol?");
    set("health_layer = 'AUTH'");
    assertThat(page()).contains("href=\"/servers/enrol?host=" + host + "&amp;port=22\"", "Add it again",
        "it keeps its sites");
    assertThat(operator.get("/servers/enrol?host=" + host + "&port=22").body()).contains("value=\"" + host + "\"",
        "value=\"22\"");
    for (var tenant : new Tenants[]{Tenants.acme(), Tenants.globex()}) {
      assertThat(Browser.of(tenant.owner(), port).get("/servers/enrol?host=" + host + "&port=22").status())
          .isEqualTo(403);
    }
  }

  @Test
  void keepsTheNameAndSaysWhyAServerInOrderIsRefused() {
    var enrolment = "/servers/enrol/" + scanned();
    assertThat(operator.get(enrolment).body()).contains("value=\"web-1\"");
    var form = Map.of("approved", "true", "fingerprint", KEY, "login", "root", "password", "secret", "name", "web-1");
    var refused = operator.post(enrolment, form);
    assertThat(refused.status()).isEqualTo(422);
    assertThat(refused.body()).contains("This server is in the fleet already").doesNotContain("secret");

    set("status = 'FAILED'");
    var renamed = operator.post(enrolment,
        Map.of("approved", "true", "fingerprint", KEY, "login", "root", "password", "secret", "name", "another"));
    assertThat(renamed.status()).isEqualTo(422);
    assertThat(renamed.body()).contains("it keeps its name");
  }

  private String page() {
    return operator.get("/servers/" + server).body();
  }

  private UUID scanned() {
    var id = Uuid7.next();
    RealServices.asAdministrator("insert into server_enrolment (id, tenant_id, host, port, login_user, host_key,"
        + " host_key_algorithm, status, expires_at) values ('" + id + "', '" + TenantId.PLATFORM + "', '" + host
        + "', 22, '', '" + KEY + "', 'ssh-ed25519', 'SCANNED', now() + interval '1 hour')");
    return id;
  }

  private void set(String columns) {
    RealServices.asAdministrator("update vps_server set " + columns + " where id = '" + server + "'");
  }
}
