package io.chom.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.accounts.Access;
import io.chom.accounts.Tokens;
import io.chom.tenancy.TenantId;
import io.chom.testing.ChomTest;
import io.chom.testing.Tenants;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

/** The way to the servers, for programs. */
@ChomTest
class ConnectionsApiTests {
  private static final String PATH = "/api/v1/servers/connections";
  private static final Tenants PLATFORM = new Tenants(TenantId.PLATFORM, "Platform", "platform");

  @LocalServerPort
  int port;
  @Autowired
  Access access;
  @Autowired
  Tokens tokens;

  @Test
  void saysWhatIsMeasuredAndNothingOfWhatIsNot() {
    var server = Tenants.acme().sharedServer();
    var answer = ApiClient.of(port, PLATFORM, Tenants.operator(), access, tokens).get(PATH);
    assertThat(answer.status()).isEqualTo(200);
    var body = answer.json();
    assertThat(body.path("most").asInt()).isEqualTo(1000);
    assertThat(body.path("at").asString()).isNotEmpty();
    var item = body.path("items").valueStream()
        .filter(one -> one.path("serverId").asString().equals(server.toString())).findFirst().orElseThrow();
    assertThat(item.path("circuit").asString()).isEqualTo("UNUSED");
    assertThat(item.path("heardAt").isString()).isFalse();
    assertThat(item.path("fault").isString()).isFalse();
  }

  @Test
  void isForOperatorsOnly() {
    for (var tenant : List.of(Tenants.acme(), Tenants.globex())) {
      var client = ApiClient.of(port, tenant, tenant.owner(), access, tokens);
      assertThat(client.get(PATH).status()).isEqualTo(403);
    }
  }
}
