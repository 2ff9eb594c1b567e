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

/** Where nobody has asked for it and no request is slow, what requests cost is told nobody. */
@ExtendWith({RealServices.class, OutputCaptureExtension.class})
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, properties = {"chom.slow-request=1h",
    "chom.worker.enabled=false"})
class RequestTimesUntoldTests {
  @LocalServerPort
  int port;

  @Test
  void nothingIsTold(CapturedOutput log) {
    var answer = Browser.of(Tenants.acme().admin(), port).get("/");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.headers()).doesNotContainKeys("x-debug-time", "x-debug-memory", "x-debug-queries");
    assertThat(log.getOut()).doesNotContain("Slow request");
  }
}
