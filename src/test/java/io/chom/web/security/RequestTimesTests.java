package io.chom.web.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.testing.Browser;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.web.server.LocalServerPort;

/** What requests cost is told by their answers and in the log. */
@ExtendWith({RealServices.class, OutputCaptureExtension.class})
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, properties = {"chom.debug-headers=true",
    "chom.slow-request=1ns", "chom.worker.enabled=false"})
class RequestTimesTests {
  @LocalServerPort
  int port;

  @Test
  void everyAnswerSaysWhatItCostAndTheLogWhoAskedAndNotWhatFor(CapturedOutput log) {
    var acme = Tenants.acme();
    var admin = acme.admin();
    var browser = Browser.of(admin, port);
    var answer = browser.get("/sites?q=a-secret-in-an-address");
    assertThat(answer.header("x-debug-time")).matches("[0-9.]+ ms");
    assertThat(answer.header("x-debug-memory")).matches("[0-9.]+ MB");
    assertThat(Integer.parseInt(answer.header("x-debug-queries"))).isPositive();
    assertThat(browser.get("/no/such/page").header("x-debug-time")).isNotEmpty();
    assertThat(log.getOut().lines().filter(line -> line.contains("Slow request: GET /sites took"))).singleElement()
        .asString().contains("answered 200", "user " + admin.id(), "tenant " + acme.id())
        .doesNotContain("a-secret-in-an-address", admin.email());
    assertThat(log.getOut()).as("who is not known yet").contains("Slow request: POST (no route)",
        "user none, tenant none");
  }
}
