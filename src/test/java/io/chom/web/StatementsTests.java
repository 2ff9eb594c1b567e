package io.chom.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.testing.Browser;
import io.chom.testing.FlightCounter;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/**
 * How often a page waits for the database, counted on the wire: each statement is one flight, the tenant travels with it.
 * No worker runs here, and the clocks have connections of their own.
 */
@ExtendWith(RealServices.class)
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT, properties = {"chom.worker.enabled=false",
    "chom.database.pool-size=4"})
class StatementsTests {
  private static final FlightCounter FLIGHTS = counter();

  private static FlightCounter counter() {
    try {
      return new FlightCounter(URI.create(RealServices.logins().app().url().substring(5)).getPort());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @DynamicPropertySource
  static void throughTheCounter(DynamicPropertyRegistry properties) {
    properties.add("chom.database.url", () -> {
      var login = RealServices.logins().app();
      var port = URI.create(login.url().substring(5)).getPort();
      return login.urlWithLogin().replace(":" + port, ":" + FLIGHTS.port()) + "&sslmode=disable";
    });
  }

  @LocalServerPort
  int port;
  final Tenants acme = Tenants.acme();
  final Tenants globex = Tenants.globex();

  /** Those of one request, once the person is known and the pool is warm. */
  private int flights(Browser browser, String path) {
    browser.get("/operations");
    FLIGHTS.taken();
    assertThat(browser.get(path).status()).isEqualTo(200);
    return FLIGHTS.taken();
  }

  @Test
  void aWarmOverviewAsksNothingAndAColdOneFourTimes() {
    acme.sharedServer();
    var browser = Browser.of(acme.admin(), port);
    assertThat(flights(browser, "/")).as("cold").isLessThanOrEqualTo(4 + 2); // begin and commit of one transaction
    // rights are believed for five seconds: where those end in between, the next time is the one
    assertThat(Math.min(flights(browser, "/"), flights(browser, "/"))).as("warm").isZero();
    var domain = "w-" + UUID.randomUUID() + ".example";
    assertThat(browser.post("/sites", Map.of("domain", domain, "type", "static")).status()).isEqualTo(302);
    assertThat(flights(browser, "/")).as("something has changed").isPositive();
    assertThat(browser.get("/").body()).contains(domain);
    assertThat(Browser.of(globex.admin(), port).get("/").body()).as("each tenant's is its own").doesNotContain(domain);
  }

  @Test
  void theListOfSitesAsksTwice() {
    acme.sharedServer();
    var browser = Browser.of(acme.admin(), port);
    assertThat(flights(browser, "/sites")).isLessThanOrEqualTo(2 + 1); // the end of the transaction
  }

  @Test
  void theListOfBackupsAsksThreeTimesAtMostAndOnceWhileNothingChanges() {
    acme.sharedServer();
    var browser = Browser.of(acme.admin(), port);
    assertThat(flights(browser, "/backups")).as("cold").isLessThanOrEqualTo(3 + 2); // the ends of two transactions
    assertThat(Math.min(flights(browser, "/backups"), flights(browser, "/backups"))).as("warm")
        .isLessThanOrEqualTo(1 + 1);
  }
}
