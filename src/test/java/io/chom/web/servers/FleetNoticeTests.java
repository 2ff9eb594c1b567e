package io.chom.web.servers;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.servers.FleetNotice;
import io.chom.testing.Browser;
import io.chom.testing.ChomTest;
import io.chom.testing.Tenants;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Bean;

/** What a part of the fleet needs is said where operators look, and to nobody else. */
@ChomTest
class FleetNoticeTests {
  private static final String NEEDED = "The demo server needs <jq> & bash: install them";
  private static final String SHOWN = "The demo server needs &lt;jq&gt; &amp; bash: install them";

  @TestConfiguration
  static class Parts {
    @Bean
    FleetNotice needing() {
      return () -> Optional.of(NEEDED);
    }

    @Bean
    FleetNotice content() {
      return Optional::empty;
    }
  }

  @Test
  void isOnTheFleetPageForOperatorsOnly(@LocalServerPort int port) {
    assertThat(Browser.of(Tenants.operator(), port).get("/servers").body()).contains(SHOWN).containsOnlyOnce(
        "Something is missing for the demo server");
    for (var tenant : new Tenants[]{Tenants.acme(), Tenants.globex()}) {
      var refused = Browser.of(tenant.owner(), port).get("/servers");
      assertThat(refused.status()).isEqualTo(403);
      assertThat(refused.body()).doesNotContain("jq");
    }
  }
}
